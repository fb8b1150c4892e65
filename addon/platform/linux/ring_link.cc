#include "ring_link.h"

#include <fcntl.h>

#include <cerrno>

#include "one_writer_memory.h"
#include "transport.h"

namespace gips {

namespace {

constexpr size_t kSmallestPage = 4096;

}  // namespace

std::unique_ptr<RingLink> RingLink::Create(size_t capacity) {
  std::unique_ptr<RingLink> link(new RingLink(capacity));
  size_t size = kRingDataOffset + capacity;
  Descriptor file;
  Descriptor bell;
  link->memory_ = CreateOneWriterMemory("gips-ring", size, file);
  if (link->memory_ == nullptr || !link->peer_bell_.Create(bell)) return nullptr;
  // All of it at once: a ring is soon written all over, and memory that is not reserved is a SIGBUS where the system has none left.
  while (fallocate(file.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)) != 0) {
    if (errno != EINTR) return nullptr;
  }
  // Only then does the peer see that it is there (lseek(2): SEEK_HOLE).
  volatile uint8_t* bytes = link->memory_->address();
  for (size_t at = 0; at < size; at += kSmallestPage) bytes[at] = 0;
  link->offer_ = std::make_unique<DescriptorList>();
  link->offer_->Add(std::move(file));
  link->offer_->Add(std::move(bell));
  return link;
}

std::unique_ptr<DescriptorList> RingLink::TakeOffer() {
  return std::move(offer_);
}

int RingLink::Accept(const std::vector<Descriptor>& objects, size_t capacity) {
  int memory = objects[0].get();
  size_t size = kRingDataOffset + capacity;
  peer_memory_ = MapOneWriterMemory(memory, size);
  if (peer_memory_ == nullptr) return -errno;
  if (!HasAllMemory(memory, size)) return -EPROTO;
  if (!bell_.Open(objects[1])) return -errno;
  SharedRingWords words(memory_->address(), peer_memory_->address());
  out_.emplace(words, memory_->address() + kRingDataOffset, capacity_);
  in_.emplace(words, peer_memory_->address() + kRingDataOffset, capacity);
  return 0;
}

}  // namespace gips
