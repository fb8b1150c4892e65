// A test-only addon: what Windows knows of processes, as /proc tells it elsewhere.
#include <napi.h>

#include <windows.h>

#include <psapi.h>
#include <tlhelp32.h>
#include <winternl.h>

#include <string>
#include <vector>

#include "windows_sections.h"

namespace {

struct Handle {
  explicit Handle(HANDLE value) : value(value) {}
  ~Handle() {
    if (value != nullptr && value != INVALID_HANDLE_VALUE) CloseHandle(value);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  HANDLE value;
};

HANDLE OpenForQuery(const Napi::CallbackInfo& info) {
  return OpenProcess(PROCESS_QUERY_INFORMATION | PROCESS_VM_READ, FALSE, info[0].As<Napi::Number>().Uint32Value());
}

// SYSTEM_HANDLE_INFORMATION_EX, which no header has.
struct SystemHandle {
  void* object;
  uintptr_t process;
  uintptr_t value;
  uint32_t access;
  uint16_t trace;
  uint16_t type;
  uint32_t attributes;
  uint32_t reserved;
};

// The handles of a process, in order. GetProcessHandleCount() would be enough for their number, but is 0 in Wine.
std::vector<uintptr_t> HandlesOf(DWORD process) {
  constexpr auto kExtendedHandleInformation = static_cast<SYSTEM_INFORMATION_CLASS>(64);
  std::vector<uintptr_t> buffer(1 << 15);
  ULONG needed = 0;
  for (;;) {
    ULONG size = static_cast<ULONG>(buffer.size() * sizeof(uintptr_t));
    NTSTATUS status = NtQuerySystemInformation(kExtendedHandleInformation, buffer.data(), size, &needed);
    if (status == 0) break;
    if (status != static_cast<NTSTATUS>(0xc0000004) /* STATUS_INFO_LENGTH_MISMATCH */) return {};
    buffer.resize(buffer.size() * 2);
  }
  std::vector<uintptr_t> values;
  // The number of them, a word that is reserved, and they themselves.
  auto* handles = reinterpret_cast<const SystemHandle*>(buffer.data() + 2);
  for (uintptr_t i = 0; i < buffer[0]; i++) {
    if (handles[i].process == process) values.push_back(handles[i].value);
  }
  return values;
}

// Of a process by its id: how many handles it has.
Napi::Value HandleCount(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(HandlesOf(info[0].As<Napi::Number>().Uint32Value()).size()));
}

// Of a process by its id: the bytes of memory it has resident.
Napi::Value ResidentMemory(const Napi::CallbackInfo& info) {
  Handle process(OpenForQuery(info));
  PROCESS_MEMORY_COUNTERS counters{};
  K32GetProcessMemoryInfo(process.value, &counters, sizeof(counters));
  return Napi::Number::New(info.Env(), static_cast<double>(counters.WorkingSetSize));
}

// Of a process by its id: the seconds of processor time it has used.
Napi::Value ProcessorTime(const Napi::CallbackInfo& info) {
  Handle process(OpenForQuery(info));
  FILETIME created, exited, kernel{}, user{};
  GetProcessTimes(process.value, &created, &exited, &kernel, &user);
  auto ticks = [](const FILETIME& time) { return (static_cast<uint64_t>(time.dwHighDateTime) << 32) | time.dwLowDateTime; };
  return Napi::Number::New(info.Env(), static_cast<double>(ticks(kernel) + ticks(user)) / 1e7);
}

// Waits for the end of a process by its id, for so many milliseconds: whether it has ended.
Napi::Value AwaitEnd(const Napi::CallbackInfo& info) {
  Handle process(OpenProcess(SYNCHRONIZE, FALSE, info[0].As<Napi::Number>().Uint32Value()));
  bool gone = process.value == nullptr || WaitForSingleObject(process.value, info[1].As<Napi::Number>().Uint32Value()) == WAIT_OBJECT_0;
  return Napi::Boolean::New(info.Env(), gone);
}

// What kind of thing one of this process's handles stands for.
std::u16string TypeOf(HANDLE handle) {
  constexpr auto kTypeInformation = static_cast<OBJECT_INFORMATION_CLASS>(2);
  alignas(UNICODE_STRING) uint8_t buffer[4096] = {};
  ULONG size = 0;
  if (NtQueryObject(handle, kTypeInformation, buffer, sizeof(buffer), &size) < 0) return {};
  // The answer begins with the name.
  auto* name = reinterpret_cast<const UNICODE_STRING*>(buffer);
  std::u16string type(reinterpret_cast<const char16_t*>(name->Buffer), name->Length / sizeof(wchar_t));
  return type == u"File" && GetFileType(handle) == FILE_TYPE_PIPE ? u"Pipe" : type;
}

using SuspendOrResume = NTSTATUS(NTAPI*)(HANDLE);

// Stops a process by its id, or has it go on.
void Control(const Napi::CallbackInfo& info, const char* function) {
  auto call = reinterpret_cast<SuspendOrResume>(reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"ntdll.dll"), function)));
  Handle process(OpenProcess(PROCESS_SUSPEND_RESUME, FALSE, info[0].As<Napi::Number>().Uint32Value()));
  call(process.value);
}

void Suspend(const Napi::CallbackInfo& info) {
  Control(info, "NtSuspendProcess");
}

void Resume(const Napi::CallbackInfo& info) {
  Control(info, "NtResumeProcess");
}

// [value, type] of each of this process's handles.
Napi::Value Handles(const Napi::CallbackInfo& info) {
  Napi::Array handles = Napi::Array::New(info.Env());
  for (uintptr_t value : HandlesOf(GetCurrentProcessId())) {
    Napi::Array entry = Napi::Array::New(info.Env(), 2);
    entry.Set(0u, static_cast<double>(value));
    entry.Set(1u, Napi::String::New(info.Env(), TypeOf(reinterpret_cast<HANDLE>(value))));
    handles.Set(handles.Length(), entry);
  }
  return handles;
}

// [id, id of the one that started it, name] of each process.
Napi::Value Processes(const Napi::CallbackInfo& info) {
  Napi::Array processes = Napi::Array::New(info.Env());
  Handle snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0));
  PROCESSENTRY32W process{};
  process.dwSize = sizeof(process);
  for (BOOL more = Process32FirstW(snapshot.value, &process); more; more = Process32NextW(snapshot.value, &process)) {
    Napi::Array entry = Napi::Array::New(info.Env(), 3);
    entry.Set(0u, static_cast<double>(process.th32ProcessID));
    entry.Set(1u, static_cast<double>(process.th32ParentProcessID));
    entry.Set(2u, Napi::String::New(info.Env(), reinterpret_cast<const char16_t*>(process.szExeFile)));
    processes.Set(processes.Length(), entry);
  }
  return processes;
}

// Of a process by its id: how many threads it has.
Napi::Value ThreadCount(const Napi::CallbackInfo& info) {
  auto process = info[0].As<Napi::Number>().Uint32Value();
  Handle snapshot(CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0));
  THREADENTRY32 thread{};
  thread.dwSize = sizeof(thread);
  uint32_t count = 0;
  for (BOOL more = Thread32First(snapshot.value, &thread); more; more = Thread32Next(snapshot.value, &thread)) {
    if (thread.th32OwnerProcessID == process) count++;
  }
  return Napi::Number::New(info.Env(), count);
}

Napi::Object InitializeFacts(Napi::Env env, Napi::Object exports) {
  exports["handleCount"] = Napi::Function::New<HandleCount>(env, "handleCount");
  exports["residentMemory"] = Napi::Function::New<ResidentMemory>(env, "residentMemory");
  exports["processorTime"] = Napi::Function::New<ProcessorTime>(env, "processorTime");
  exports["awaitEnd"] = Napi::Function::New<AwaitEnd>(env, "awaitEnd");
  exports["suspend"] = Napi::Function::New<Suspend>(env, "suspend");
  exports["resume"] = Napi::Function::New<Resume>(env, "resume");
  exports["handles"] = Napi::Function::New<Handles>(env, "handles");
  exports["processes"] = Napi::Function::New<Processes>(env, "processes");
  exports["threadCount"] = Napi::Function::New<ThreadCount>(env, "threadCount");
  InitializeSections(env, exports);
  return exports;
}

NODE_API_MODULE(windows_facts, InitializeFacts)

}  // namespace
