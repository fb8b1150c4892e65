#include "helper_thread.h"

#include <process.h>
#include <uv.h>

#include <memory>
#include <string>

namespace gips {

namespace {

constexpr unsigned kStackSize = 256 * 1024;

struct Assignment {
  const char* name;
  HelperThread::Body body;
  void* data;
};

// By its address: Windows has it since 10.1607 (SetThreadDescription).
void Describe(const std::wstring& name) {
  using Function = HRESULT(WINAPI*)(HANDLE, PCWSTR);
  void* found = reinterpret_cast<void*>(GetProcAddress(GetModuleHandleW(L"kernelbase.dll"), "SetThreadDescription"));
  if (found != nullptr) reinterpret_cast<Function>(found)(GetCurrentThread(), name.c_str());
}

unsigned __stdcall Run(void* argument) {
  std::unique_ptr<Assignment> assignment(static_cast<Assignment*>(argument));
  std::wstring name(assignment->name, assignment->name + std::char_traits<char>::length(assignment->name));
  Describe(name);
  assignment->body(assignment->data);
  return 0;
}

}  // namespace

int HelperThread::Start(HelperThread& thread, const char* name, Body body, void* data) {
  auto assignment = std::make_unique<Assignment>(Assignment{name, body, data});
  // Unlike CreateThread it prepares the C library (_beginthreadex in Microsoft's reference).
  uintptr_t handle = _beginthreadex(nullptr, kStackSize, Run, assignment.get(), STACK_SIZE_PARAM_IS_A_RESERVATION, nullptr);
  if (handle == 0) return UV_EAGAIN;
  assignment.release();
  thread.thread_ = Descriptor(reinterpret_cast<HANDLE>(handle));
  return 0;
}

void HelperThread::Join() {
  WaitForSingleObject(thread_.get(), INFINITE);
  thread_.Close();
}

}  // namespace gips
