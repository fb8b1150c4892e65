#include "credentials.h"

#include <algorithm>
#include <cstdlib>

#include "peer_process.h"
#include "token.h"

namespace gips {

namespace {

// The client's token. A client that lets nobody know who it is (SECURITY_ANONYMOUS) is taken at its word: it may be a service that was
// talked into opening this pipe, and its process's token would open doors for those who did. False with LastFailure().
bool IdentityOfClient(HANDLE pipe, Identity& identity) {
  // This thread may be somebody else's already, and has to stay so.
  HANDLE before = nullptr;
  if (!OpenThreadToken(GetCurrentThread(), TOKEN_IMPERSONATE, TRUE, &before) && GetLastError() != ERROR_NO_TOKEN) return false;
  Descriptor kept(before);
  if (!ImpersonateNamedPipeClient(pipe)) return false;
  HANDLE token = nullptr;
  // As ourselves: a token that may only be looked at cannot open itself.
  BOOL opened = OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token);
  DWORD error = opened ? 0 : GetLastError();
  // To go on as somebody else would be a hole; there is no other way out (RevertToSelf, Remarks).
  if (!SetThreadToken(nullptr, before)) abort();
  Descriptor owner(token);
  if (opened) return IdentityOf(token, identity);
  SetLastError(error);
  if (error != ERROR_CANT_OPEN_ANONYMOUS) return false;
  identity = {};
  identity.user = kAnonymousSid;
  return true;
}

// A system that knows no impersonation (Wine) gives the server's own token: of the same user only what the process has too is believed.
void Restrict(Identity& identity, const Identity& process) {
  if (identity.account != process.account) return;
  if (identity.user != process.user) identity.user = kNobodySid;
  auto is_foreign = [&](const std::string& group) {
    return std::find(process.groups.begin(), process.groups.end(), group) == process.groups.end();
  };
  identity.groups.erase(std::remove_if(identity.groups.begin(), identity.groups.end(), is_foreign), identity.groups.end());
  identity.is_privileged = identity.is_privileged && process.is_privileged;
}

// There is no client token before something has been read (ERROR_CANNOT_IMPERSONATE), unless the client opened the pipe as ours do; and it
// is that of the last packet read. Of a client that has said nothing, the process is told, for the record: it is never admitted.
bool ReadClient(Pipe& pipe, const Transport& transport, Identity& identity) {
  Identity process;
  Descriptor peer = PeerProcess(transport);
  bool is_open = peer.valid() && IdentityOfProcess(peer.get(), process);
  if (!pipe.ReadFirstByte()) {
    identity = std::move(process);
    return true;
  }
  if (!IdentityOfClient(pipe.handle(), identity)) return false;
  if (is_open) Restrict(identity, process);
  return true;
}

// The process's number is not enough: who made the pipe may have handed it on and ended, so that the number is another's, and who it is may
// be none of our business to look at. So the owner of the pipe says who it is, and whether it is privileged; the process, where it can be
// looked at and fits, says which of the administrators, and what groups.
bool ReadServer(const Pipe& pipe, const Transport& transport, Identity& identity) {
  std::string owner;
  if (!OwnerOf(pipe.handle(), owner)) return false;
  Descriptor peer = PeerProcess(transport);
  bool is_known = peer.valid() && IdentityOfProcess(peer.get(), identity);
  bool fits =
      is_known && (identity.account == owner || std::find(identity.groups.begin(), identity.groups.end(), owner) != identity.groups.end());
  bool is_owner_privileged = owner == kSystemSid || owner == kAdministratorsSid;
  if (!fits) {
    identity = {};
    identity.user = owner;
    identity.is_privileged = is_owner_privileged;
  }
  identity.is_privileged = identity.is_privileged && is_owner_privileged;
  return true;
}

}  // namespace

bool PeerCredentials(const Transport& transport, Credentials& credentials) {
  Pipe& pipe = transport.pipe();
  DWORD pid;
  if (!PeerId(pipe, pid)) return false;
  Identity identity;
  if (!(pipe.is_server() ? ReadClient(pipe, transport, identity) : ReadServer(pipe, transport, identity))) return false;
  credentials = {pid, std::move(identity.user), std::move(identity.groups), identity.is_privileged};
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
  OwnIdentity(identity);
  return {GetCurrentProcessId(), std::move(identity.account), std::move(identity.groups), identity.is_privileged};
}

}  // namespace gips
