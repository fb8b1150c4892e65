#include "credentials.h"

#include <algorithm>

#include "peer_process.h"
#include "token.h"

namespace gips {

namespace {

bool IdentityOfProcess(HANDLE process, Identity& identity) {
  HANDLE token = nullptr;
  if (!OpenProcessToken(process, TOKEN_QUERY, &token)) return false;
  Descriptor owner(token);
  return IdentityOf(token, identity);
}

// The client's token at the moment it opened the pipe. False where there is none to be had: as yet nothing has been read from it
// (ERROR_CANNOT_IMPERSONATE), or it allows no more than being anonymous.
bool IdentityOfClient(HANDLE pipe, Identity& identity) {
  if (!ImpersonateNamedPipeClient(pipe)) return false;
  HANDLE token = nullptr;
  BOOL opened = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token);
  // To go on as somebody else would be a hole; there is no other way out (RevertToSelf, Remarks).
  if (!RevertToSelf()) abort();
  Descriptor owner(token);
  return opened && IdentityOf(token, identity);
}

// A client may have opened the pipe by a token that is less than its process's, and a system that knows no impersonation (Wine) gives the
// server's own: only what both say is believed, of one and the same user.
void Restrict(Identity& identity, const Identity& other) {
  if (identity.user != other.user) return;
  auto is_foreign = [&](const std::string& group) {
    return std::find(other.groups.begin(), other.groups.end(), group) == other.groups.end();
  };
  identity.groups.erase(std::remove_if(identity.groups.begin(), identity.groups.end(), is_foreign), identity.groups.end());
  identity.is_privileged = identity.is_privileged && other.is_privileged;
}

}  // namespace

bool PeerCredentials(const Transport& transport, Credentials& credentials) {
  const Pipe& pipe = transport.pipe();
  DWORD pid;
  if (!PeerId(pipe, pid)) return false;
  Identity client;
  bool is_known = pipe.is_server() && IdentityOfClient(pipe.handle(), client);
  Identity process;
  Descriptor peer = PeerProcess(transport);
  bool is_open = peer.valid() && IdentityOfProcess(peer.get(), process);
  if (!is_known && !is_open) return false;
  if (!is_known) client = process;
  if (is_known && is_open) Restrict(client, process);
  credentials = {pid, std::move(client.user), std::move(client.groups), client.is_privileged};
  return true;
}

Descriptor PeerProcess(const Transport& transport) {
  return OpenPeer(transport.pipe(), SYNCHRONIZE);
}

bool ProcessExited(const Descriptor& process) {
  return WaitForSingleObject(process.get(), 0) == WAIT_OBJECT_0;
}

Credentials CurrentCredentials() {
  Identity identity;
  IdentityOfProcess(GetCurrentProcess(), identity);
  return {GetCurrentProcessId(), std::move(identity.user), std::move(identity.groups), identity.is_privileged};
}

}  // namespace gips
