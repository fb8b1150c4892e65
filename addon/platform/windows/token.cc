#include "token.h"

#include <aclapi.h>
#include <sddl.h>

#include <algorithm>

#include "descriptor.h"
#include "wide_string.h"

namespace gips {

namespace {

// Of variable size, hence the buffer; null with LastFailure().
template <typename Information>
const Information* Query(HANDLE token, TOKEN_INFORMATION_CLASS what, std::vector<uint8_t>& buffer) {
  DWORD size = 0;
  GetTokenInformation(token, what, nullptr, 0, &size);
  buffer.resize(std::max<size_t>(size, sizeof(Information)));
  BOOL done = GetTokenInformation(token, what, buffer.data(), static_cast<DWORD>(buffer.size()), &size);
  return done ? reinterpret_cast<const Information*>(buffer.data()) : nullptr;
}

bool Contains(const std::vector<std::string>& sids, const std::string& sid) {
  return std::find(sids.begin(), sids.end(), sid) != sids.end();
}

// What a token is restricted to, if it is. Both lists have to admit it then (CreateRestrictedToken, Remarks). False with LastFailure().
bool ReadRestrictions(HANDLE token, std::vector<std::string>& sids, bool& is_restricted) {
  std::vector<uint8_t> buffer;
  auto* restricting = Query<TOKEN_GROUPS>(token, TokenRestrictedSids, buffer);
  // Wine has no such tokens.
  if (restricting == nullptr) return GetLastError() == ERROR_INVALID_FUNCTION;
  is_restricted = restricting->GroupCount > 0;
  for (DWORD i = 0; i < restricting->GroupCount; i++) sids.push_back(SidToString(restricting->Groups[i].Sid));
  return true;
}

bool IsEnabled(DWORD attributes) {
  return (attributes & SE_GROUP_ENABLED) != 0 && (attributes & SE_GROUP_USE_FOR_DENY_ONLY) == 0;
}

DWORD IntegrityOf(HANDLE token) {
  std::vector<uint8_t> buffer;
  auto* label = Query<TOKEN_MANDATORY_LABEL>(token, TokenIntegrityLevel, buffer);
  if (label == nullptr || *GetSidSubAuthorityCount(label->Label.Sid) == 0) return SECURITY_MANDATORY_UNTRUSTED_RID;
  return *GetSidSubAuthority(label->Label.Sid, *GetSidSubAuthorityCount(label->Label.Sid) - 1);
}

bool IsTrue(HANDLE token, TOKEN_INFORMATION_CLASS what) {
  std::vector<uint8_t> buffer;
  auto* value = Query<DWORD>(token, what, buffer);
  return value != nullptr && *value != 0;
}

}  // namespace

std::string SidToString(PSID sid) {
  LPWSTR text = nullptr;
  if (!ConvertSidToStringSidW(sid, &text)) return {};
  std::string narrow = Narrow(text);
  LocalFree(text);
  return narrow;
}

bool IdentityOf(HANDLE token, Identity& identity) {
  identity = {};
  std::vector<std::string> restricting;
  bool is_restricted = false;
  if (!ReadRestrictions(token, restricting, is_restricted)) return false;
  auto counts = [&](const std::string& sid) { return !sid.empty() && (!is_restricted || Contains(restricting, sid)); };

  std::vector<uint8_t> buffer;
  auto* user = Query<TOKEN_USER>(token, TokenUser, buffer);
  if (user == nullptr) return false;
  // A sandbox may have its own user only to be denied things (CreateRestrictedToken, SidsToDisable).
  bool is_denied = (user->User.Attributes & SE_GROUP_USE_FOR_DENY_ONLY) != 0;
  identity.account = SidToString(user->User.Sid);
  if (!is_denied && counts(identity.account)) identity.user = identity.account;

  auto* primary = Query<TOKEN_PRIMARY_GROUP>(token, TokenPrimaryGroup, buffer);
  std::string first = primary != nullptr ? SidToString(primary->PrimaryGroup) : std::string();
  auto* groups = Query<TOKEN_GROUPS>(token, TokenGroups, buffer);
  if (groups == nullptr) return false;
  for (DWORD i = 0; i < groups->GroupCount; i++) {
    std::string group = SidToString(groups->Groups[i].Sid);
    if (IsEnabled(groups->Groups[i].Attributes) && counts(group)) identity.groups.push_back(std::move(group));
  }
  std::stable_partition(identity.groups.begin(), identity.groups.end(), [&](const std::string& group) { return group == first; });

  identity.integrity = IntegrityOf(token);
  bool is_administrator = Contains(identity.groups, kAdministratorsSid) && IsTrue(token, TokenElevation);
  bool is_held_back = is_restricted || identity.integrity < SECURITY_MANDATORY_HIGH_RID || IsTrue(token, TokenIsAppContainer);
  identity.is_privileged = (identity.user == kSystemSid || is_administrator) && !is_held_back;
  return true;
}

bool IdentityOfProcess(HANDLE process, Identity& identity) {
  HANDLE token = nullptr;
  if (!OpenProcessToken(process, TOKEN_QUERY, &token)) return false;
  Descriptor owner(token);
  return IdentityOf(token, identity);
}

bool OwnIdentity(Identity& identity) {
  // Whoever is denied much may not even open its own token, but this is one already.
  return IdentityOf(GetCurrentProcessToken(), identity);
}

bool OwnerOf(HANDLE object, std::string& sid) {
  PSID owner = nullptr;
  PSECURITY_DESCRIPTOR descriptor = nullptr;
  DWORD error = GetSecurityInfo(object, SE_KERNEL_OBJECT, OWNER_SECURITY_INFORMATION, &owner, nullptr, nullptr, nullptr, &descriptor);
  if (error == 0 && owner != nullptr) sid = SidToString(owner);
  LocalFree(descriptor);
  if (!sid.empty()) return true;
  SetLastError(error != 0 ? error : ERROR_ACCESS_DENIED);
  return false;
}

std::string OwnDefaultOwner() {
  std::vector<uint8_t> buffer;
  auto* owner = Query<TOKEN_OWNER>(GetCurrentProcessToken(), TokenOwner, buffer);
  return owner != nullptr ? SidToString(owner->Owner) : std::string();
}

}  // namespace gips
