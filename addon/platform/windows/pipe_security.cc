#include "pipe_security.h"

#include <sddl.h>
#include <uv.h>

#include "last_failure.h"
#include "token.h"
#include "wide_string.h"

namespace gips {

namespace {

constexpr char kEveryone[] = "S-1-1-0";
constexpr char kOwnerRights[] = "S-1-3-4";

constexpr DWORD kServerAccess = FILE_GENERIC_READ | FILE_GENERIC_WRITE;

// An access control list has at most 64 KB (ACL, AclSize). Where more are meant the policy alone decides.
constexpr size_t kMostNames = 500;

std::string Entry(const char* kind, DWORD access, const std::string& sid) {
  return std::string("(") + kind + ";;" + std::to_string(access) + ";;;" + sid + ")";
}

std::string Clients(const Audience& audience) {
  auto allow = [](const std::string& sid) { return Entry("A", kClientAccess, sid); };
  if (audience.everybody || audience.users.size() + audience.groups.size() > kMostNames) return allow(kEveryone);
  std::string entries;
  for (const std::string& user : audience.users) entries += allow(user);
  for (const std::string& group : audience.groups) entries += allow(group);
  if (audience.privileged) entries += allow(kSystemSid) + allow(kAdministratorsSid);
  return entries;
}

// Owned by those who could as well be this process, which is how clients know it again: by its user, or, where it is privileged, by
// the administrators, whom the same user's other processes do not belong to. They alone listen, and what an owner may do beyond that (to
// change this very description) is taken from them by the entry for owners.
//
// The label keeps out whoever runs below medium integrity, sandboxes above all. It is said so that it does not depend on this process's
// own: the clients of an elevated one need not be elevated.
std::string Describe(const Audience& audience, const Identity& self) {
  const std::string owner = self.is_privileged && self.user != kSystemSid ? kAdministratorsSid : self.user;
  std::string text = "O:" + owner + "D:P" + Entry("D", FILE_ALL_ACCESS, kAnonymousSid) + Entry("A", READ_CONTROL, kOwnerRights) +
                     Entry("A", kServerAccess, owner) + Clients(audience);
  // Nobody may give what is above their own.
  if (self.integrity >= SECURITY_MANDATORY_MEDIUM_RID) text += "S:(ML;;NW;;;ME)";
  return text;
}

}  // namespace

PipeSecurity::PipeSecurity(const Audience& audience) {
  Identity self;
  if (!OwnIdentity(self)) return;
  if (self.user == kNobodySid) {
    SetLastFailure(UV_EACCES);
    return;
  }
  std::wstring text = Widen(Describe(audience, self));
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(text.c_str(), SDDL_REVISION_1, &descriptor, nullptr)) return;
  attributes_ = {sizeof(attributes_), descriptor, FALSE};
}

PipeSecurity::~PipeSecurity() {
  DWORD kept = GetLastError();
  LocalFree(attributes_.lpSecurityDescriptor);
  SetLastError(kept);
}

}  // namespace gips
