// What ../bare-peer.cc is elsewhere: a peer that speaks bare message pipes and knows nothing of gips. It opens pipes as most programs do,
// without a word about how much a server may know of it. Commands as there, without those that have no meaning here.

#include <windows.h>

#include <sddl.h>

#include <cstdint>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace {

// As many clients can come before the first is accepted.
constexpr size_t kInstances = 8;
constexpr DWORD kClientAccess = GENERIC_READ | FILE_WRITE_DATA | FILE_WRITE_ATTRIBUTES;
constexpr DWORD kBuffer = 160 * 1024;

struct Instance {
  HANDLE pipe;
  OVERLAPPED connecting;
};

HANDLE connection = INVALID_HANDLE_VALUE;
std::vector<std::unique_ptr<Instance>> listening;
std::vector<HANDLE> further;

std::string NameOf(DWORD error) {
  switch (error) {
    case ERROR_FILE_NOT_FOUND:
      return "ECONNREFUSED";
    case ERROR_ACCESS_DENIED:
      return "EACCES";
    case ERROR_BROKEN_PIPE:
    case ERROR_NO_DATA:
    case ERROR_PIPE_NOT_CONNECTED:
      return "EPIPE";
    case ERROR_NOT_SUPPORTED:
      return "ENOTSUP";
    default:
      return "ERROR_" + std::to_string(error);
  }
}

std::string Failed() {
  return "err " + NameOf(GetLastError());
}

std::string Done(bool done) {
  return done ? "ok" : Failed();
}

std::wstring Path(const std::string& name) {
  return L"\\\\.\\pipe\\" + std::wstring(name.begin(), name.end());
}

OVERLAPPED Operation() {
  OVERLAPPED operation = {};
  operation.hEvent = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  return operation;
}

// Waits for what was started; the error, or 0.
DWORD Finish(HANDLE pipe, OVERLAPPED& operation, BOOL started, DWORD& size) {
  DWORD error = started ? 0 : GetLastError();
  if (error == 0 || error == ERROR_IO_PENDING || error == ERROR_MORE_DATA)
    error = GetOverlappedResult(pipe, &operation, &size, TRUE) ? 0 : GetLastError();
  CloseHandle(operation.hEvent);
  return error;
}

HANDLE Connect(const std::string& name) {
  for (;;) {
    HANDLE pipe = CreateFileW(Path(name).c_str(), kClientAccess, 0, nullptr, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, nullptr);
    if (pipe == INVALID_HANDLE_VALUE) {
      if (GetLastError() != ERROR_PIPE_BUSY || !WaitNamedPipeW(Path(name).c_str(), 5000)) return pipe;
      continue;
    }
    DWORD mode = PIPE_READMODE_MESSAGE;
    SetNamedPipeHandleState(pipe, &mode, nullptr, nullptr);
    return pipe;
  }
}

// For everybody. Its owner is the system's choice, but Wine makes none for a pipe that says nothing.
SECURITY_ATTRIBUTES Access() {
  SECURITY_ATTRIBUTES attributes = {sizeof(attributes), nullptr, FALSE};
  ConvertStringSecurityDescriptorToSecurityDescriptorW(L"D:(A;;GA;;;WD)", SDDL_REVISION_1, &attributes.lpSecurityDescriptor, nullptr);
  return attributes;
}

bool Listen(const std::string& name) {
  SECURITY_ATTRIBUTES access = Access();
  for (size_t i = 0; i < kInstances; i++) {
    DWORD flags = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | (i == 0 ? FILE_FLAG_FIRST_PIPE_INSTANCE : 0);
    HANDLE pipe = CreateNamedPipeW(Path(name).c_str(), flags, PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE, PIPE_UNLIMITED_INSTANCES, kBuffer,
                                   kBuffer, 0, &access);
    if (pipe == INVALID_HANDLE_VALUE) return false;
    listening.push_back(std::make_unique<Instance>(Instance{pipe, Operation()}));
    OVERLAPPED& connecting = listening.back()->connecting;
    if (!ConnectNamedPipe(pipe, &connecting) && GetLastError() == ERROR_PIPE_CONNECTED) SetEvent(connecting.hEvent);
  }
  return true;
}

bool Accept() {
  std::vector<HANDLE> events;
  for (auto& instance : listening) events.push_back(instance->connecting.hEvent);
  DWORD index = WaitForMultipleObjects(static_cast<DWORD>(events.size()), events.data(), FALSE, INFINITE) - WAIT_OBJECT_0;
  if (index >= listening.size()) return false;
  connection = listening[index]->pipe;
  CloseHandle(events[index]);
  listening.erase(listening.begin() + index);
  return true;
}

std::vector<uint8_t> Decode(const std::string& hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; hex != "-" && i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::string Encode(const std::vector<uint8_t>& bytes) {
  static const char digits[] = "0123456789abcdef";
  std::string hex;
  for (uint8_t byte : bytes) hex += {digits[byte >> 4], digits[byte & 15]};
  return hex.empty() ? "-" : hex;
}

bool Send(const std::vector<uint8_t>& bytes) {
  OVERLAPPED operation = Operation();
  DWORD size = 0;
  BOOL started = WriteFile(connection, bytes.data(), static_cast<DWORD>(bytes.size()), nullptr, &operation);
  DWORD error = Finish(connection, operation, started, size);
  SetLastError(error);
  return error == 0;
}

std::string Receive() {
  std::vector<uint8_t> bytes(1 << 20);
  OVERLAPPED operation = Operation();
  DWORD size = 0;
  BOOL started = ReadFile(connection, bytes.data(), static_cast<DWORD>(bytes.size()), nullptr, &operation);
  DWORD error = Finish(connection, operation, started, size);
  if (error == ERROR_BROKEN_PIPE || error == ERROR_PIPE_NOT_CONNECTED) return "ok - 0";
  SetLastError(error);
  if (error != 0) return Failed();
  bytes.resize(size);
  return "ok " + Encode(bytes) + " 0";
}

std::string Repeat(size_t count, bool (*step)(const std::string&), const std::string& text) {
  for (size_t done = 0; done < count; done++) {
    if (!step(text)) return Failed() + " " + std::to_string(done);
  }
  return "ok " + std::to_string(count);
}

bool ConnectFurther(const std::string& name) {
  HANDLE pipe = Connect(name);
  if (pipe != INVALID_HANDLE_VALUE) further.push_back(pipe);
  return pipe != INVALID_HANDLE_VALUE;
}

// A table of handles as gips has one, or something in its place, with one entry, whose handle is `text`, for a connection of the id
// 0x1122334455667788. Answers with the number of its section.
std::string MakeTable(const std::string& kind, const std::string& text) {
  constexpr DWORD kSize = 64 * 1024;
  constexpr uint64_t kOut = 2;
  DWORD size = kind == "short" ? kSize / 2 : kSize;
  HANDLE section = nullptr;
  if (kind == "file") {
    wchar_t folder[MAX_PATH + 1];
    wchar_t path[MAX_PATH + 1];
    GetTempPathW(MAX_PATH, folder);
    GetTempFileNameW(folder, L"gip", 0, path);
    HANDLE file = CreateFileW(path, GENERIC_READ | GENERIC_WRITE, 0, nullptr, CREATE_ALWAYS, FILE_FLAG_DELETE_ON_CLOSE, nullptr);
    section = CreateFileMappingW(file, nullptr, PAGE_READWRITE, 0, size, nullptr);
  } else if (kind == "event") {
    section = CreateEventW(nullptr, TRUE, FALSE, nullptr);
  } else {
    DWORD protection = PAGE_READWRITE | (kind == "reserved" ? SEC_RESERVE : SEC_COMMIT);
    section = CreateFileMappingW(INVALID_HANDLE_VALUE, nullptr, protection, 0, size, nullptr);
  }
  if (section == nullptr) return Failed();
  if (kind == "plain") {
    auto* words = static_cast<uint64_t*>(MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, size));
    if (words == nullptr) return Failed();
    // Behind the first entry's place, the counter.
    words[2] = (0x1122334455667788 & ~uint64_t{7}) | kOut;
    words[3] = text == "itself" ? reinterpret_cast<uintptr_t>(section) : std::strtoull(text.c_str(), nullptr, 0);
  }
  return "ok " + std::to_string(reinterpret_cast<uintptr_t>(section));
}

void CloseAll() {
  for (HANDLE pipe : further) CloseHandle(pipe);
  for (auto& instance : listening) {
    CancelIoEx(instance->pipe, nullptr);
    CloseHandle(instance->pipe);
    // The kernel may still write to it.
    instance.release();
  }
  if (connection != INVALID_HANDLE_VALUE) CloseHandle(connection);
  further.clear();
  listening.clear();
  connection = INVALID_HANDLE_VALUE;
}

std::string Run(const std::string& command, const std::string& text, const std::string& last) {
  const size_t count = std::strtoul(last.c_str(), nullptr, 10);
  if (command == "connect") return Done((connection = Connect(text)) != INVALID_HANDLE_VALUE);
  if (command == "connects") return Repeat(count, ConnectFurther, text);
  if (command == "listen") return Done(Listen(text));
  if (command == "accept") return Done(Accept());
  if (command == "recv") return Receive();
  if (command == "send" && count == 0) {
    const std::vector<uint8_t> bytes = Decode(text);
    return Send(bytes) ? "ok " + std::to_string(bytes.size()) : Failed();
  }
  if (command == "sendrepeat")
    return Repeat(
        count, [](const std::string& hex) { return Send(Decode(hex)); }, text);
  if (command == "table") return MakeTable(text, last);
  if (command == "close") {
    CloseAll();
    return "ok";
  }
  SetLastError(ERROR_NOT_SUPPORTED);
  return Failed();
}

}  // namespace

int wmain() {
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string command;
    std::string text;
    std::string last;
    words >> command >> text >> last;
    if (command == "exit") break;
    std::cout << Run(command, text, last) << std::endl;
  }
  return 0;
}
