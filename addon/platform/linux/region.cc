#include "region.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstddef>

#include "memory_file.h"

namespace gips {

namespace {

constexpr char kFolder[] = "/dev/shm";
// Up to here all pages are mapped at once: that takes 70 us a MiB, where one by one at their first touch they take 100 (read) to 300
// (written). Of larger regions perhaps only parts are touched.
constexpr uint64_t kPopulated = 128 * 1024 * 1024;

constexpr uint64_t kReserveStep = 64 * 1024 * 1024;

std::string PathOf(const std::string& name) {
  return std::string(kFolder) + "/" + name;
}

// The file's last page is whole, whatever its size says.
uint64_t RoundToPages(uint64_t size) {
  static const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

// So that no later touch finds the memory exhausted, which would be a SIGBUS. In steps, because a signal makes fallocate undo what it has
// done so far: a profiler's timer would keep a large region from ever getting ready.
bool Reserve(int fd, uint64_t size) {
  for (uint64_t done = 0; done < size;) {
    uint64_t step = std::min(kReserveStep, size - done);
    if (fallocate(fd, 0, static_cast<off_t>(done), static_cast<off_t>(step)) == 0) {
      done += step;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

// A file larger than this limit would not be an error but a signal (SIGXFSZ).
bool IsWithinFileLimit(uint64_t size) {
  rlimit limit;
  return getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY || size <= limit.rlim_cur;
}

// Any process of a file's owner may truncate it while we have it mapped: only those who may do anything to us anyway are trusted with that.
bool IsOwnersAlone(const struct stat& status) {
  return (status.st_uid == geteuid() || status.st_uid == 0) && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool IsSameFile(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

Region Region::Create(uint64_t size, uint64_t max_size) {
  Descriptor descriptor = CreateMemoryFile("gips-shm");
  if (!descriptor.valid()) return {};
  Region region = Fill(descriptor, size, max_size);
  if (region.valid() && !SealMemoryFile(region.descriptor_.get())) return {};
  return region;
}

Region Region::CreateNamed(const std::string& name, uint64_t size, uint64_t max_size) {
  Descriptor descriptor(open(kFolder, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR));
  // The umask may have taken even the owner's permissions away.
  if (!descriptor.valid() || fchmod(descriptor.get(), S_IRUSR | S_IWUSR) != 0) return {};
  Region region = Fill(descriptor, size, max_size);
  if (!region.valid()) return {};
  // open(2), O_TMPFILE: the way to give it a name without privileges.
  std::string source = "/proc/self/fd/" + std::to_string(region.descriptor_.get());
  if (linkat(AT_FDCWD, source.c_str(), AT_FDCWD, PathOf(name).c_str(), AT_SYMLINK_FOLLOW) != 0) return {};
  return region;
}

Region Region::Fill(Descriptor& descriptor, uint64_t size, uint64_t max_size) {
  uint64_t file_size = kRegionHeaderSize + max_size;
  if (!IsWithinFileLimit(file_size)) {
    errno = EFBIG;
    return {};
  }
  if (ftruncate(descriptor.get(), static_cast<off_t>(file_size)) != 0 || !Reserve(descriptor.get(), file_size)) return {};
  Region region = Map(descriptor, size, max_size, true);
  if (!region.valid()) return {};
  SharedRegionHeader header(region.mapping_->address());
  header.SetTotal(max_size);
  header.SetCapacity(size);
  return region;
}

Region Region::Map(Descriptor& descriptor, uint64_t size, uint64_t max_size, bool is_reserved) {
  Region region;
  bool populate = is_reserved && max_size <= kPopulated;
  region.mapping_ = Mapping::Map(descriptor.get(), kRegionHeaderSize + max_size, Mapping::Access::Write, populate);
  if (!region.valid()) return region;
  region.descriptor_ = std::move(descriptor);
  region.size_ = size;
  region.max_size_ = max_size;
  return region;
}

Region Region::Open(const std::string& name, uint64_t limit, Refusal& refusal) {
  refusal = nullptr;
  // O_NONBLOCK: somebody may have put a FIFO there.
  Descriptor descriptor(open(PathOf(name).c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!descriptor.valid()) return {};
  struct stat status;
  if (fstat(descriptor.get(), &status) != 0) return {};
  if (!IsOwnersAlone(status)) {
    errno = EACCES;
    return {};
  }
  return OpenFile(descriptor, limit, refusal);
}

Region Region::Adopt(Descriptor& descriptor, bool allow_unsealed, uint64_t limit, Refusal& refusal) {
  refusal = nullptr;
  if (!IsMemoryFile(descriptor.get())) {
    refusal = "type";
    return {};
  }
  // Before the size is looked at: what cannot shrink from now on has at least that size for ever.
  if (!allow_unsealed && !IsSealedMemoryFile(descriptor.get(), F_SEAL_SHRINK)) {
    refusal = "unsealed";
    return {};
  }
  return OpenFile(descriptor, limit, refusal);
}

Region Region::OpenFile(Descriptor& descriptor, uint64_t limit, Refusal& refusal) {
  int fd = descriptor.get();
  struct stat status;
  if (fstat(fd, &status) != 0) return {};
  if (!IsMemoryFile(fd)) {
    refusal = "type";
    return {};
  }
  if ((fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDWR) {
    refusal = "read-only";
    return {};
  }
  RegionHeader header;
  if (pread(fd, &header, sizeof(header), 0) != static_cast<ssize_t>(sizeof(header))) {
    refusal = "size";
    return {};
  }
  uint64_t max_size;
  refusal = JudgeRegionHeader(header, RoundToPages(static_cast<uint64_t>(status.st_size)) - kRegionHeaderSize, limit, max_size);
  if (refusal != nullptr) return {};
  // Mapping a hole would fill it, at our expense.
  bool is_reserved = static_cast<uint64_t>(status.st_blocks) * 512 >= static_cast<uint64_t>(status.st_size);
  Region region = Map(descriptor, header.capacity, max_size, is_reserved);
  // mmap(2), EPERM: sealed against writing.
  if (!region.valid() && errno == EPERM) refusal = "read-only";
  return region;
}

RegionHeader Region::ReadHeader() const {
  return SharedRegionHeader(mapping_->address()).Read();
}

void Region::Resize(uint64_t size) {
  SharedRegionHeader(mapping_->address()).SetCapacity(size);
  size_ = size;
}

bool Region::Remap() {
  RegionHeader header = ReadHeader();
  if (!MayTakeOver(header, max_size_)) return false;
  size_ = header.capacity;
  return true;
}

int Region::Unlink(const std::string& name, const Descriptor& descriptor) {
  std::string path = PathOf(name);
  struct stat own;
  struct stat named;
  if (fstat(descriptor.get(), &own) != 0) return -errno;
  if (lstat(path.c_str(), &named) != 0) return errno == ENOENT ? 0 : -errno;
  if (!IsSameFile(own, named)) return 0;
  return unlink(path.c_str()) == 0 || errno == ENOENT ? 0 : -errno;
}

void Region::Close() {
  if (mapping_ != nullptr && mapping_.use_count() > 1) mapping_->Retire();
  mapping_.reset();
  descriptor_.Close();
  size_ = max_size_ = 0;
}

}  // namespace gips
