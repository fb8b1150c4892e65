// A peer that speaks by rings and knows nothing of gips but what docs/ring.md says: it is told by lines on standard input what to do, so
// that it can keep to the rules or break each of them. Every command is answered by one line: `ok ...` or `err ERRNAME`.
//
//   connect NAME | listen NAME | accept | close      as those of bare-peer.cc
//   send HEX [NFDS]               one packet, with NFDS descriptors of /dev/null
//   recv                          waits for one packet -> ok HEX NFDS; what comes with it is kept for `take`
//   make CAPACITY MEMORY BELL     our half: memory with a ring of CAPACITY bytes, and a bell
//       MEMORY  "good"; "unsealed"; "writable" (through its descriptor); a page "short" or "long"; with a "hole"; with a hole and as much
//               "behind" its end; "zero", "file", "directory" or "socket" in place of memory
//       BELL    "pipe"; "file", "socket", "zero" or "memory" in its place
//   offer HEX [NFDS]              one packet with the first NFDS objects of our half, by default both
//   take CAPACITY                 the last two descriptors that came are the other half
//   put HEX                       waits for room for a packet as a record of our ring, and writes it; rings the bell
//   part HEX SIZE                 a packet as a record, of which SIZE bytes are said to be written; rings the bell
//   record KIND SIZE ADVANCE      the header of a record alone, and ADVANCE bytes more are said to be written; rings the bell
//   set WORD VALUE                one of our words (0 written, 1 read, 2 waits for data, 3 waits for room); rings the bell
//   get WORD                      one of the other side's -> ok VALUE
//   next                          waits for a record of the other ring -> ok KIND HEX
//   storm bell|tickets            from now on rings without end, or changes what we wait for at random
//   calm                          no longer
//   mute                          makes the bell that the other side rings as bad as can be: fills it up, has it block, and lets go of it

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <iostream>
#include <random>
#include <sstream>
#include <thread>

#include "bare-socket.h"

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kHead = 4096;
constexpr size_t kStride = 64;
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE;
constexpr auto kPatience = std::chrono::seconds(10);

int connection = -1;
int listening = -1;
std::vector<int> received;

struct Half {
  int memory = -1;
  uint8_t* address = nullptr;
  size_t capacity = 0;
  uint64_t position = 0;  // up to where it has been written, or read
  int bell = -1;          // what the side that hears it has of it
  int bell_to_ring = -1;
};
Half ours;
Half theirs;

std::thread storm;
std::atomic<bool> stormy{false};

volatile uint64_t& Word(const Half& half, size_t word) {
  return *reinterpret_cast<volatile uint64_t*>(half.address + word * kStride);
}

// A file in memory with a mapping that stays writable.
int MakeMemory(const std::string& what, size_t capacity) {
  size_t size = kHead + capacity;
  if (what == "short") size -= kPage;
  if (what == "long") size += kPage;
  const int fd = memfd_create("gips-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0 || ftruncate(fd, static_cast<off_t>(size)) < 0) return -1;
  const bool has_hole = what == "hole" || what == "behind";
  const auto reserved = static_cast<off_t>(size - (has_hole ? kPage : 0));
  if (fallocate(fd, 0, 0, reserved) < 0) return -1;
  if (what == "behind" && fallocate(fd, FALLOC_FL_KEEP_SIZE, static_cast<off_t>(size), kPage) < 0) return -1;
  void* address = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (address == MAP_FAILED) return -1;
  ours.address = static_cast<uint8_t*>(address);
  ours.capacity = capacity;
  std::memset(address, 0, static_cast<size_t>(reserved));
  const int seals = what == "unsealed" ? 0 : what == "writable" ? F_SEAL_SHRINK : kSeals;
  if (seals != 0 && fcntl(fd, F_ADD_SEALS, seals) < 0) return -1;
  return fd;
}

int OpenInstead(const std::string& what) {
  if (what == "zero") return open("/dev/zero", O_RDWR | O_CLOEXEC);
  if (what == "directory") return open("/", O_RDONLY | O_CLOEXEC);
  if (what == "file") return open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (what == "memory") return memfd_create("ring-peer", MFD_CLOEXEC);
  if (what == "socket") return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  return -1;
}

std::string Make(size_t capacity, const std::string& memory, const std::string& bell) {
  ours.memory = OpenInstead(memory);
  if (ours.memory < 0) ours.memory = MakeMemory(memory, capacity);
  ours.bell = OpenInstead(bell);
  int pipe_ends[2];
  if (ours.bell < 0 && pipe2(pipe_ends, O_CLOEXEC) == 0) {
    ours.bell = pipe_ends[0];
    ours.bell_to_ring = pipe_ends[1];
    fcntl(ours.bell_to_ring, F_SETFL, O_NONBLOCK);
  }
  return Done(std::min(ours.memory, ours.bell));
}

std::string Take(size_t capacity) {
  if (received.size() < 2) return "err EBADF";
  theirs.capacity = capacity;
  theirs.memory = received[received.size() - 2];
  theirs.bell = received.back();
  void* address = mmap(nullptr, kHead + capacity, PROT_READ, MAP_SHARED, theirs.memory, 0);
  if (address == MAP_FAILED) return Failed();
  theirs.address = static_cast<uint8_t*>(address);
  return "ok";
}

void Ring() {
  // A full pipe rings.
  if (write(ours.bell_to_ring, "!", 1) < 0) return;
}

std::string Set(size_t word, uint64_t value) {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  Word(ours, word) = value;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  Ring();
  return "ok";
}

size_t Padded(size_t size) {
  return (size + 7) & ~size_t{7};
}

void Write(uint64_t position, const uint8_t* bytes, size_t size) {
  for (size_t i = 0; i < size; i++) ours.address[kHead + (position + i) % ours.capacity] = bytes[i];
}

std::string Record(uint32_t kind, uint32_t size, uint64_t advance) {
  const uint64_t header = uint64_t{kind} << 32 | size;
  Write(ours.position, reinterpret_cast<const uint8_t*>(&header), sizeof(header));
  ours.position += sizeof(header) + advance;
  return Set(0, ours.position);
}

// It looks again and again: whether anybody rings is no concern of its own.
template <typename Condition>
bool Await(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return true;
}

std::string Put(const std::vector<uint8_t>& packet) {
  const uint64_t end = ours.position + sizeof(uint64_t) + Padded(packet.size());
  if (!Await([end] { return end - Word(theirs, 1) <= ours.capacity; })) return "err ETIMEDOUT";
  Write(ours.position + sizeof(uint64_t), packet.data(), packet.size());
  return Record(0, static_cast<uint32_t>(packet.size()), Padded(packet.size()));
}

std::string PutPart(const std::vector<uint8_t>& packet, size_t size) {
  Write(ours.position + sizeof(uint64_t), packet.data(), packet.size());
  return Record(0, static_cast<uint32_t>(packet.size()), size);
}

std::string Next() {
  if (!Await([] { return Word(theirs, 0) != theirs.position; })) return "err ETIMEDOUT";
  const auto read = [](uint64_t position) { return theirs.address[kHead + position % theirs.capacity]; };
  uint64_t header = 0;
  for (int i = 7; i >= 0; i--) header = header << 8 | read(theirs.position + static_cast<uint64_t>(i));
  std::vector<uint8_t> packet(static_cast<uint32_t>(header));
  for (size_t i = 0; i < packet.size(); i++) packet[i] = read(theirs.position + sizeof(header) + i);
  theirs.position += sizeof(header) + Padded(packet.size());
  Set(1, theirs.position);
  return "ok " + std::to_string(header >> 32) + " " + Encode(packet);
}

void Calm() {
  stormy = false;
  if (storm.joinable()) storm.join();
}

std::string Storm(const std::string& what) {
  Calm();
  stormy = true;
  storm = std::thread([what] {
    std::minstd_rand random;
    while (stormy) {
      if (what == "tickets") {
        Word(ours, 2) = random();
        Word(ours, 3) = random();
      } else {
        Ring();
      }
    }
  });
  return "ok";
}

std::string Mute() {
  const std::string path = "/proc/self/fd/" + std::to_string(theirs.bell);
  const int pipe = open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  if (pipe < 0) return Failed();
  while (write(pipe, "!", 1) > 0) {
  }
  fcntl(pipe, F_SETFL, 0);
  fcntl(theirs.bell, F_SETFL, 0);
  close(theirs.bell);
  return Done(close(pipe));
}

std::string Send(std::vector<uint8_t> bytes, const std::vector<int>& descriptors) {
  const ssize_t sent = SendPacket(connection, bytes, descriptors);
  return sent < 0 ? Failed() : "ok " + std::to_string(sent);
}

std::string SendNull(const std::vector<uint8_t>& bytes, size_t count) {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  std::string answer = Send(bytes, std::vector<int>(count, null));
  close(null);
  return answer;
}

std::string Offer(const std::vector<uint8_t>& bytes, size_t count) {
  std::vector<int> objects = {ours.memory, ours.bell, ours.bell};
  objects.resize(std::min(count, objects.size()));
  return Send(bytes, objects);
}

std::string Receive() {
  std::vector<uint8_t> bytes;
  const size_t before = received.size();
  if (ReceivePacket(connection, bytes, received) < 0) return Failed();
  return "ok " + Encode(bytes) + " " + std::to_string(received.size() - before);
}

std::string Close() {
  Calm();
  close(connection);
  if (listening >= 0) close(listening);
  return "ok";
}

std::string Run(const std::string& command, const std::vector<std::string>& words) {
  const std::string text = !words.empty() ? words[0] : "";
  const auto number = [&words](size_t index, uint64_t missing = 0) {
    return index < words.size() ? std::strtoull(words[index].c_str(), nullptr, 10) : missing;
  };
  if (command == "connect") return Done(connection = Connect(text));
  if (command == "listen") return Done(listening = Listen(text));
  if (command == "accept") return Done(connection = Accept(listening));
  if (command == "send") return SendNull(Decode(text), number(1));
  if (command == "recv") return Receive();
  if (command == "close") return Close();
  if (command == "make" && words.size() == 3) return Make(number(0), words[1], words[2]);
  if (command == "offer") return Offer(Decode(text), number(1, 2));
  if (command == "take") return Take(number(0));
  if (command == "put") return Put(Decode(text));
  if (command == "part") return PutPart(Decode(text), number(1));
  if (command == "record") return Record(static_cast<uint32_t>(number(0)), static_cast<uint32_t>(number(1)), number(2));
  if (command == "set") return Set(number(0), number(1));
  if (command == "get") return "ok " + std::to_string(Word(theirs, number(0)));
  if (command == "next") return Next();
  if (command == "storm") return Storm(text);
  if (command == "mute") return Mute();
  if (command == "calm") {
    Calm();
    return "ok";
  }
  return "err EINVAL";
}

}  // namespace

int main() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream parts(line);
    std::string command;
    parts >> command;
    std::vector<std::string> words;
    for (std::string word; parts >> word;) words.push_back(word);
    std::cout << Run(command, words) << std::endl;
  }
  Calm();
  return 0;
}
