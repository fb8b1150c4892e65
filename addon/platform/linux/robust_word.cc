#include "robust_word.h"

#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace gips {

namespace {

// As Mapping::Retire: what is alike and adjacent is one piece to the kernel, which limits their number (vm.max_map_count).
constexpr int kPrivate = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

}  // namespace

size_t RobustPage::Size() {
  static const size_t size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

std::shared_ptr<RobustPage> RobustPage::MapPrivate() {
  void* pair = mmap(nullptr, 2 * Size(), PROT_READ | PROT_WRITE, kPrivate, -1, 0);
  if (pair == MAP_FAILED) return nullptr;
  return std::make_shared<RobustPage>(static_cast<uint8_t*>(pair));
}

std::shared_ptr<RobustPage> RobustPage::Map(std::shared_ptr<Mapping> mapping, uint8_t* address) {
  auto page = MapPrivate();
  if (page == nullptr) return nullptr;
  uint8_t* shared = address - reinterpret_cast<uintptr_t>(address) % Size();
  // Zero as the old size makes a second mapping of the same pages (mremap(2)), without need of the descriptor.
  void* view = mremap(shared, 0, Size(), MREMAP_MAYMOVE | MREMAP_FIXED, page->pair_ + Size());
  if (view == MAP_FAILED) return nullptr;
  page->mapping_ = std::move(mapping);
  return page;
}

void RobustPage::Retire() {
  mmap(pair_, 2 * Size(), PROT_READ | PROT_WRITE, kPrivate | MAP_FIXED, -1, 0);
  mapping_.reset();
}

RobustPage::~RobustPage() {
  munmap(pair_, 2 * Size());
}

}  // namespace gips
