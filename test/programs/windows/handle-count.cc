// Says how many handles a process has. Usage: handle-count.exe <pid>
// Not by GetProcessHandleCount, which answers 0 under Wine.
#include <windows.h>

#include <winternl.h>

#include <cstdint>
#include <cstdio>
#include <cwchar>
#include <vector>

namespace {

// SYSTEM_HANDLE_INFORMATION_EX, which the SDK's headers do not have.
struct Handle {
  void* object;
  uintptr_t pid;
  uintptr_t value;
  ULONG access;
  USHORT backtrace;
  USHORT type;
  ULONG attributes;
  ULONG reserved;
};
struct Handles {
  uintptr_t count;
  uintptr_t reserved;
  Handle handles[1];
};
constexpr auto kSystemExtendedHandleInformation = static_cast<SYSTEM_INFORMATION_CLASS>(64);
constexpr NTSTATUS kTooSmall = static_cast<NTSTATUS>(0xC0000004);

}  // namespace

int wmain(int argc, wchar_t** argv) {
  if (argc != 2) return 2;
  uintptr_t pid = wcstoul(argv[1], nullptr, 10);
  std::vector<uintptr_t> memory(64 * 1024);
  ULONG needed = 0;
  NTSTATUS status;
  for (;;) {
    status = NtQuerySystemInformation(kSystemExtendedHandleInformation, memory.data(), static_cast<ULONG>(memory.size() * sizeof(uintptr_t)), &needed);
    if (status != kTooSmall) break;
    memory.resize(memory.size() * 2);
  }
  if (status < 0) {
    std::fprintf(stderr, "handle-count: status %lx\n", static_cast<unsigned long>(status));
    return 1;
  }
  auto* all = reinterpret_cast<const Handles*>(memory.data());
  uintptr_t count = 0;
  for (uintptr_t i = 0; i < all->count; i++) count += all->handles[i].pid == pid;
  std::printf("%llu", static_cast<unsigned long long>(count));
  return 0;
}
