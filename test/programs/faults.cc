// Makes chosen calls of the C library fail, so that tests can see what the process makes of it. Preloaded (LD_PRELOAD) and told by the
// environment variable FAULTS what to do, at the start or at any time later (`process.env.FAULTS = …`): calls are counted from then on.
//
//   FAULTS=CALL:ERROR:WHICH,…
//   CALL   accept4, bind, connect, fchmod, getsockopt, listen, recv, recvmsg, sendmsg, socket: of SOCK_SEQPACKET sockets alone, so that the
//          process itself is not disturbed; epoll_create1, eventfd, futex_waitv, mremap, pipe2, pthread_create; fcntl to duplicate a
//          descriptor, seal to seal a file in memory; fallocate, ftruncate, mmap: of files in memory; linkat, memfd_create;
//          scm_rights: the arrival of a packet with descriptors, of which all but the first are lost, as when the kernel finds no room
//   ERROR  the name of an errno
//   WHICH  at=N (the N-th call), every=N (each N-th), first=N (the first N)

// With large-file support these headers would have fcntl stand for fcntl64. Both are wanted here.
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr std::pair<const char*, int> kErrors[] = {
    {"EACCES", EACCES},
    {"EADDRINUSE", EADDRINUSE},
    {"EAGAIN", EAGAIN},
    {"ECONNABORTED", ECONNABORTED},
    {"ECONNRESET", ECONNRESET},
    {"EINTR", EINTR},
    {"EIO", EIO},
    {"EMFILE", EMFILE},
    {"ENFILE", ENFILE},
    {"ENOBUFS", ENOBUFS},
    {"ENOMEM", ENOMEM},
    {"ENOPROTOOPT", ENOPROTOOPT},
    {"ENOSYS", ENOSYS},
    {"ENOSPC", ENOSPC},
    {"EINVAL", EINVAL},
    {"EPERM", EPERM},
    {"EPIPE", EPIPE},
    {"EROFS", EROFS},
    {"ETOOMANYREFS", ETOOMANYREFS},
};

struct Fault {
  std::string call;
  int error;
  std::string which;
  unsigned long number;
  unsigned long calls;

  bool IsDue() {
    calls++;
    if (which == "at") return calls == number;
    if (which == "every") return calls % number == 0;
    return calls <= number;
  }
};

// A test whose faults are misspelt must not pass.
[[noreturn]] void Reject(const std::string& fault) {
  std::fprintf(stderr, "FAULTS: cannot make sense of '%s'\n", fault.c_str());
  std::abort();
}

Fault Parse(const std::string& text) {
  std::istringstream parts(text);
  std::string error;
  std::string number;
  Fault fault = {"", 0, "", 0, 0};
  std::getline(parts, fault.call, ':');
  std::getline(parts, error, ':');
  std::getline(parts, fault.which, '=');
  std::getline(parts, number);
  for (const auto& [name, value] : kErrors) {
    if (error == name) fault.error = value;
  }
  fault.number = std::strtoul(number.c_str(), nullptr, 10);
  bool is_known = fault.which == "at" || fault.which == "every" || fault.which == "first";
  if (fault.error == 0 || !is_known || fault.number == 0) Reject(text);
  return fault;
}

// What FAULTS says at the moment.
class Plan {
 public:
  // The errno this call has to fail with, or 0.
  int NextError(const char* call) {
    std::lock_guard<std::mutex> guard(mutex_);
    Read();
    int error = 0;
    for (Fault& fault : faults_) {
      if (fault.call == call && fault.IsDue()) error = fault.error;
    }
    return error;
  }

 private:
  void Read() {
    const char* value = std::getenv("FAULTS");
    if (value == nullptr) value = "";
    if (text_ == value) return;
    text_ = value;
    faults_.clear();
    std::istringstream faults(text_);
    for (std::string fault; std::getline(faults, fault, ',');) faults_.push_back(Parse(fault));
  }

  std::mutex mutex_;
  std::string text_;
  std::vector<Fault> faults_;
};

// Sets errno if so.
bool Fails(const char* call) {
  // Never destroyed: other threads call until the very end.
  static Plan* plan = new Plan;
  int error = plan->NextError(call);
  if (error != 0) errno = error;
  return error != 0;
}

// The function of this name that would have been called without us.
template <typename Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

bool IsSeqpacket(int fd) {
  static auto* real = Real<decltype(getsockopt)>("getsockopt");
  int kept = errno;
  int type = 0;
  socklen_t length = sizeof(type);
  bool is_socket = real(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
  errno = kept;
  return is_socket && type == SOCK_SEQPACKET;
}

bool IsInMemory(int fd) {
  int kept = errno;
  struct statfs file_system;
  bool is_in_memory = fstatfs(fd, &file_system) == 0 && file_system.f_type == TMPFS_MAGIC;
  errno = kept;
  return is_in_memory;
}

cmsghdr* DescriptorsOf(msghdr* message) {
  cmsghdr* control = CMSG_FIRSTHDR(message);
  while (control != nullptr && (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS))
    control = CMSG_NXTHDR(message, control);
  return control;
}

// What scm_detach_fds does when the second descriptor cannot be installed; where there is only one, that one.
void LoseDescriptors(msghdr* message, cmsghdr* control) {
  size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  size_t kept = count > 1 ? 1 : 0;
  for (size_t i = kept; i < count; i++) {
    int fd;
    std::memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(int));
    close(fd);
  }
  control->cmsg_len = CMSG_LEN(kept * sizeof(int));
  if (kept == 0) message->msg_controllen = 0;
  message->msg_flags |= MSG_CTRUNC;
}

constexpr long kFutexWaitv = 449;

template <typename Function>
int Fcntl(Function* real, int fd, int command, void* argument) {
  bool fails = (command == F_DUPFD_CLOEXEC && Fails("fcntl")) || (command == F_ADD_SEALS && Fails("seal"));
  return fails ? -1 : real(fd, command, argument);
}

}  // namespace

#pragma GCC visibility push(default)

extern "C" {

int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  static auto* real = Real<decltype(accept4)>("accept4");
  return IsSeqpacket(fd) && Fails("accept4") ? -1 : real(fd, address, length, flags);
}

int bind(int fd, const sockaddr* address, socklen_t length) noexcept {
  static auto* real = Real<decltype(bind)>("bind");
  return IsSeqpacket(fd) && Fails("bind") ? -1 : real(fd, address, length);
}

int connect(int fd, const sockaddr* address, socklen_t length) {
  static auto* real = Real<decltype(connect)>("connect");
  return IsSeqpacket(fd) && Fails("connect") ? -1 : real(fd, address, length);
}

int epoll_create1(int flags) noexcept {
  static auto* real = Real<decltype(epoll_create1)>("epoll_create1");
  return Fails("epoll_create1") ? -1 : real(flags);
}

int eventfd(unsigned int count, int flags) noexcept {
  static auto* real = Real<decltype(eventfd)>("eventfd");
  return Fails("eventfd") ? -1 : real(count, flags);
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
  static auto* real = Real<decltype(fallocate)>("fallocate");
  return IsInMemory(fd) && Fails("fallocate") ? -1 : real(fd, mode, offset, length);
}

int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  return fallocate(fd, mode, offset, length);
}

int fchmod(int fd, mode_t mode) noexcept {
  static auto* real = Real<decltype(fchmod)>("fchmod");
  return IsSeqpacket(fd) && Fails("fchmod") ? -1 : real(fd, mode);
}

// Whether the optional argument is there, and which type it has, depends on the command; the C library itself reads it like this.
int fcntl(int fd, int command, ...) {
  static auto* real = Real<decltype(fcntl)>("fcntl");
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  return Fcntl(real, fd, command, argument);
}

int fcntl64(int fd, int command, ...) {
  static auto* real = Real<decltype(fcntl64)>("fcntl64");
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  return Fcntl(real, fd, command, argument);
}

int ftruncate(int fd, off_t size) noexcept {
  static auto* real = Real<decltype(ftruncate)>("ftruncate");
  return IsInMemory(fd) && Fails("ftruncate") ? -1 : real(fd, size);
}

int ftruncate64(int fd, off64_t size) noexcept {
  return ftruncate(fd, size);
}

int getsockopt(int fd, int level, int option, void* value, socklen_t* length) noexcept {
  static auto* real = Real<decltype(getsockopt)>("getsockopt");
  return IsSeqpacket(fd) && Fails("getsockopt") ? -1 : real(fd, level, option, value, length);
}

// What the addon calls instead of napi_create_external_arraybuffer in a copy that test/support/electron.ts has made of it.
int gips_create_external_arraybuffer() {
  constexpr int kNoExternalBuffersAllowed = 22;  // napi_no_external_buffers_allowed
  return kNoExternalBuffersAllowed;
}

int linkat(int old_folder, const char* old_path, int new_folder, const char* new_path, int flags) noexcept {
  static auto* real = Real<decltype(linkat)>("linkat");
  return Fails("linkat") ? -1 : real(old_folder, old_path, new_folder, new_path, flags);
}

int listen(int fd, int backlog) noexcept {
  static auto* real = Real<decltype(listen)>("listen");
  return IsSeqpacket(fd) && Fails("listen") ? -1 : real(fd, backlog);
}

int memfd_create(const char* name, unsigned int flags) noexcept {
  static auto* real = Real<decltype(memfd_create)>("memfd_create");
  return Fails("memfd_create") ? -1 : real(name, flags);
}

void* mmap(void* address, size_t size, int protection, int flags, int fd, off_t offset) noexcept {
  static auto* real = Real<decltype(mmap)>("mmap");
  bool is_ours = (flags & MAP_SHARED) != 0 && fd >= 0 && IsInMemory(fd);
  return is_ours && Fails("mmap") ? MAP_FAILED : real(address, size, protection, flags, fd, offset);
}

void* mmap64(void* address, size_t size, int protection, int flags, int fd, off64_t offset) noexcept {
  return mmap(address, size, protection, flags, fd, offset);
}

void* mremap(void* address, size_t size, size_t new_size, int flags, ...) noexcept {
  static auto* real = Real<decltype(mremap)>("mremap");
  va_list arguments;
  va_start(arguments, flags);
  void* new_address = va_arg(arguments, void*);
  va_end(arguments);
  return Fails("mremap") ? MAP_FAILED : real(address, size, new_size, flags, new_address);
}

int pipe2(int ends[2], int flags) noexcept {
  static auto* real = Real<decltype(pipe2)>("pipe2");
  return Fails("pipe2") ? -1 : real(ends, flags);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*body)(void*), void* argument) noexcept {
  static auto* real = Real<decltype(pthread_create)>("pthread_create");
  return Fails("pthread_create") ? errno : real(thread, attributes, body, argument);
}

ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  static auto* real = Real<decltype(recv)>("recv");
  return IsSeqpacket(fd) && Fails("recv") ? -1 : real(fd, buffer, size, flags);
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
  static auto* real = Real<decltype(recvmsg)>("recvmsg");
  bool is_ours = IsSeqpacket(fd);
  if (is_ours && Fails("recvmsg")) return -1;
  ssize_t size = real(fd, message, flags);
  if (!is_ours || size < 0) return size;
  cmsghdr* control = DescriptorsOf(message);
  if (control != nullptr && Fails("scm_rights")) LoseDescriptors(message, control);
  return size;
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* real = Real<decltype(sendmsg)>("sendmsg");
  return IsSeqpacket(fd) && Fails("sendmsg") ? -1 : real(fd, message, flags);
}

// Six arguments are the most there are; those that were not given are not looked at.
long syscall(long number, ...) noexcept {
  static auto* real = Real<decltype(syscall)>("syscall");
  if (number == kFutexWaitv && Fails("futex_waitv")) return -1;
  long given[6];
  va_list arguments;
  va_start(arguments, number);
  for (long& each : given) each = va_arg(arguments, long);
  va_end(arguments);
  return real(number, given[0], given[1], given[2], given[3], given[4], given[5]);
}

int socket(int domain, int type, int protocol) noexcept {
  static auto* real = Real<decltype(socket)>("socket");
  bool is_ours = domain == AF_UNIX && (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_SEQPACKET;
  return is_ours && Fails("socket") ? -1 : real(domain, type, protocol);
}
}

#pragma GCC visibility pop
