#include "descriptor.h"

#include <winsock2.h>

#include <uv.h>
#include <winternl.h>

#include <cwchar>

#include "last_failure.h"

namespace gips {

namespace {

bool IsSocket(HANDLE handle) {
  int type;
  int size = sizeof(type);
  return getsockopt(reinterpret_cast<SOCKET>(handle), SOL_SOCKET, SO_TYPE, reinterpret_cast<char*>(&type), &size) == 0;
}

// By the type of the object alone, which waits for nobody. (Wine makes files of sections, too.)
bool IsFile(HANDLE handle) {
  constexpr auto kTypeInformation = static_cast<OBJECT_INFORMATION_CLASS>(2);
  alignas(UNICODE_STRING) uint8_t buffer[1024];
  ULONG size = 0;
  if (NtQueryObject(handle, kTypeInformation, buffer, sizeof(buffer), &size) < 0) return false;
  // The answer begins with the type's name (PUBLIC_OBJECT_TYPE_INFORMATION).
  auto* name = reinterpret_cast<const UNICODE_STRING*>(buffer);
  constexpr wchar_t kFile[] = L"File";
  return name->Length == sizeof(kFile) - sizeof(wchar_t) && std::wmemcmp(name->Buffer, kFile, 4) == 0;
}

}  // namespace

Descriptor Descriptor::Duplicate(int fd) {
  auto handle = reinterpret_cast<HANDLE>(uv_get_osfhandle(fd));
  if (handle == INVALID_HANDLE_VALUE) {
    SetLastFailure(UV_EBADF);
    return {};
  }
  if (IsSocket(handle)) {
    SetLastFailure(UV_ENOTSUP);
    return {};
  }
  Descriptor borrowed(handle);
  Descriptor copy = borrowed.Duplicate();
  borrowed.handle_ = nullptr;
  return copy;
}

HANDLE Descriptor::Take() {
  if (fd_ >= 0) *this = Duplicate();
  return std::exchange(handle_, nullptr);
}

int Descriptor::FileNumber() {
  if (!valid()) return UV_EBADF;
  // Only the host's C library knows its numbers (uv_open_osfhandle).
  if (fd_ < 0 && IsFile(handle_)) fd_ = uv_open_osfhandle(handle_);
  return fd_ >= 0 ? fd_ : UV_ENOTSUP;
}

int Descriptor::TakeFileNumber() {
  int number = FileNumber();
  if (number < 0) return number;
  handle_ = nullptr;
  fd_ = -1;
  return number;
}

void Descriptor::CloseFile() {
  uv_fs_t request;
  uv_fs_close(nullptr, &request, fd_, nullptr);
  uv_fs_req_cleanup(&request);
}

}  // namespace gips
