#include "token.h"

#include <sddl.h>

#include <algorithm>

#include "wide_string.h"

namespace gips {

namespace {

constexpr char kSystem[] = "S-1-5-18";

// Of variable size, hence the buffer; null with LastFailure().
template <typename Information>
const Information* Query(HANDLE token, TOKEN_INFORMATION_CLASS what, std::vector<uint8_t>& buffer) {
  DWORD size = 0;
  GetTokenInformation(token, what, nullptr, 0, &size);
  buffer.resize(std::max<size_t>(size, sizeof(Information)));
  BOOL done = GetTokenInformation(token, what, buffer.data(), static_cast<DWORD>(buffer.size()), &size);
  return done ? reinterpret_cast<const Information*>(buffer.data()) : nullptr;
}

// A group that is only there to be denied something admits nobody.
bool IsEnabled(DWORD attributes) {
  return (attributes & SE_GROUP_ENABLED) != 0 && (attributes & SE_GROUP_USE_FOR_DENY_ONLY) == 0;
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
  std::vector<uint8_t> buffer;
  auto* user = Query<TOKEN_USER>(token, TokenUser, buffer);
  if (user == nullptr) return false;
  identity.user = SidToString(user->User.Sid);
  auto* primary = Query<TOKEN_PRIMARY_GROUP>(token, TokenPrimaryGroup, buffer);
  std::string first = primary != nullptr ? SidToString(primary->PrimaryGroup) : std::string();
  auto* groups = Query<TOKEN_GROUPS>(token, TokenGroups, buffer);
  if (groups == nullptr) return false;
  identity.groups.clear();
  for (DWORD i = 0; i < groups->GroupCount; i++) {
    const SID_AND_ATTRIBUTES& group = groups->Groups[i];
    if (IsEnabled(group.Attributes)) identity.groups.push_back(SidToString(group.Sid));
  }
  std::stable_partition(identity.groups.begin(), identity.groups.end(), [&](const std::string& group) { return group == first; });
  auto* elevation = Query<TOKEN_ELEVATION>(token, TokenElevation, buffer);
  identity.is_privileged = identity.user == kSystem || (elevation != nullptr && elevation->TokenIsElevated != 0);
  return true;
}

}  // namespace gips
