#include "acceptor.h"

#include <uv.h>

#include <algorithm>
#include <deque>
#include <unordered_map>

#include "last_failure.h"
#include "pipe_security.h"
#include "wide_string.h"

namespace gips {

namespace {

// Instances that wait for a client at the same time. A client that comes when there is none is told to come again (ERROR_PIPE_BUSY).
constexpr size_t kListening = 8;

// What the pipe holds for a reader that is late, in each direction.
constexpr DWORD kBuffer = 160 * 1024;

// Milliseconds that the port's thread may take to tell what it knows.
constexpr int kLastWords = 1000;

constexpr DWORD kMode = PIPE_TYPE_MESSAGE | PIPE_READMODE_MESSAGE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;

Descriptor CreateInstance(const std::wstring& path, DWORD flags, SECURITY_ATTRIBUTES* attributes) {
  DWORD access = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | flags;
  return Descriptor(CreateNamedPipeW(path.c_str(), access, kMode, PIPE_UNLIMITED_INSTANCES, kBuffer, kBuffer, 0, attributes));
}

// Somebody's instance has the name. Whoever may not open it can find that out all the same.
bool IsTaken(std::wstring path) {
  // The only spelling that this call knows, as opposed to all others: `\\.\pipe\`, behind which it takes the name as it is.
  if (path.size() > 2) path[2] = L'.';
  if (WaitNamedPipeW(path.c_str(), 1)) return true;
  DWORD error = GetLastError();
  return error == ERROR_SEM_TIMEOUT || error == ERROR_PIPE_BUSY || error == ERROR_ACCESS_DENIED;
}

}  // namespace

class Acceptor::Server final : public Readiness, public std::enable_shared_from_this<Server> {
 public:
  Server(std::wstring path, size_t backlog, const Audience& audience) : path_(std::move(path)), backlog_(backlog), security_(audience) {}

  // The first instance, which takes the name.
  bool Start() {
    if (!security_.valid()) return false;
    // Without the flag it would join somebody else's pipe, with their idea of who may listen on it.
    Descriptor first = CreateInstance(path_, FILE_FLAG_FIRST_PIPE_INSTANCE, security_.attributes());
    if (!first.valid()) return false;
    auto lock = Acquire();
    if (!Listen(std::move(first))) return false;
    TopUp();
    return true;
  }

  Socket Accept() {
    Client client;
    {
      auto lock = Acquire();
      if (connected_.empty() && HasClient()) {
        lock.unlock();
        Wait(kReady, kLastWords);
        lock.lock();
      }
      if (connected_.empty()) {
        TopUp();
        SetLastFailure(UV_EAGAIN);
        return {};
      }
      client = std::move(connected_.front());
      connected_.pop_front();
      Set(connected_.empty() ? 0 : kReady);
      TopUp();
    }
    return Socket(Pipe::Open(std::move(client.pipe), Pipe::Side::Server, client.connected));
  }

  void Close() {
    std::unordered_map<Instance*, std::shared_ptr<Instance>> listening;
    std::deque<Client> connected;
    auto lock = Acquire();
    is_closed_ = true;
    listening.swap(listening_);
    connected.swap(connected_);
    Set(0);
    for (auto& [key, instance] : listening) {
      CancelIoEx(instance->handle.get(), nullptr);
      instance->handle.Close();
    }
  }

 private:
  // Keeps the server, and itself, until its client has come.
  class Instance final : public Operation {
   public:
    Instance(Descriptor pipe, std::shared_ptr<Server> owner) : handle(std::move(pipe)), server(std::move(owner)) {}

    void OnCompleted(DWORD error, DWORD) override {
      std::shared_ptr<Instance> kept = std::move(self);
      auto lock = Acquire();
      server->OnConnected(kept, error);
    }

    Descriptor handle;
    std::shared_ptr<Server> server;
    std::shared_ptr<Instance> self;
  };

  // Whether somebody has connected of whom the port's thread is about to tell: who asks is told at once, as elsewhere.
  bool HasClient() const {
    return std::any_of(listening_.begin(), listening_.end(),
                       [](auto& each) { return PeekNamedPipe(each.second->handle.get(), nullptr, 0, nullptr, nullptr, nullptr) != 0; });
  }

  // With the lock held. False with LastFailure().
  bool Listen(Descriptor handle) {
    if (!CompletionPort::Associate(handle.get())) return false;
    auto instance = std::make_shared<Instance>(std::move(handle), shared_from_this());
    instance->Reset();
    instance->self = instance;
    listening_.emplace(instance.get(), instance);
    ConnectNamedPipe(instance->handle.get(), instance.get());
    DWORD error = GetLastError();
    if (error == ERROR_IO_PENDING) return true;
    // A client that was quicker, even one that has left again, is nothing the port would tell.
    if ((error == ERROR_PIPE_CONNECTED || error == ERROR_NO_DATA) && CompletionPort::Post(*instance)) return true;
    listening_.erase(instance.get());
    instance->self.reset();
    SetLastError(error);
    return false;
  }

  void OnConnected(const std::shared_ptr<Instance>& instance, DWORD error) {
    listening_.erase(instance.get());
    if (is_closed_) return;
    if (error == 0) {
      FILETIME now;
      GetSystemTimeAsFileTime(&now);
      connected_.push_back({std::move(instance->handle), now});
      Set(kReady);
      TopUp();
    }
  }

  // Where it fails now it is tried again when a client is accepted.
  void TopUp() {
    while (!is_closed_ && listening_.size() < kListening && listening_.size() + connected_.size() < backlog_) {
      Descriptor next = CreateInstance(path_, 0, security_.attributes());
      if (!next.valid() || !Listen(std::move(next))) return;
    }
  }

  struct Client {
    Descriptor pipe;
    FILETIME connected = {};
  };

  const std::wstring path_;
  const size_t backlog_;
  PipeSecurity security_;
  std::unordered_map<Instance*, std::shared_ptr<Instance>> listening_;
  std::deque<Client> connected_;
  bool is_closed_ = false;
};

Acceptor Acceptor::Listen(const std::string& address, int backlog, const Audience& audience) {
  Acceptor acceptor;
  std::wstring path = Widen(address);
  if (IsTaken(path)) {
    SetLastFailure(UV_EADDRINUSE);
    return acceptor;
  }
  auto server = std::make_shared<Server>(path, static_cast<size_t>(std::max(backlog, 1)), audience);
  Readiness::Publish(server);
  if (!server->Start()) {
    // ERROR_ACCESS_DENIED: what FILE_FLAG_FIRST_PIPE_INSTANCE says of a name that has been taken meanwhile (CreateNamedPipe).
    DWORD error = GetLastError();
    bool is_taken = error == ERROR_PIPE_BUSY || (error == ERROR_ACCESS_DENIED && IsTaken(path));
    server->Close();
    if (is_taken) {
      SetLastFailure(UV_EADDRINUSE);
    } else {
      SetLastError(error);
    }
    return acceptor;
  }
  acceptor.server_ = std::move(server);
  acceptor.address_ = address;
  return acceptor;
}

Acceptor Acceptor::Adopt(Descriptor&) {
  SetLastFailure(UV_ENOTSUP);
  return {};
}

Acceptor Acceptor::AdoptInherited(int) {
  SetLastFailure(UV_ENOTSUP);
  return {};
}

int Acceptor::fd() const {
  return valid() ? server_->id() : -1;
}

Socket Acceptor::Accept() {
  if (valid()) return server_->Accept();
  SetLastFailure(UV_EBADF);
  return {};
}

Descriptor Acceptor::Share() const {
  SetLastFailure(UV_ENOTSUP);
  return {};
}

void Acceptor::Close() {
  if (server_ != nullptr) server_->Close();
  server_.reset();
}

}  // namespace gips
