#include "region_users.h"

#include <sddl.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "token.h"
#include "wide_string.h"

namespace gips {

namespace {

// A user's state; zero is free.
enum : uint32_t { kAdding = 1, kThere = 2 };

constexpr char kEveryone[] = "S-1-1-0";

struct User {
  uint32_t integrity = SECURITY_MANDATORY_UNTRUSTED_RID;
  std::vector<uint8_t> sid;
};

User WhoWeAre() {
  Identity self;
  if (!OwnIdentity(self)) return {};
  // Who counts as nobody is let in only where everybody is.
  std::wstring text = Widen(self.user == kNobodySid ? kEveryone : self.user);
  PSID sid = nullptr;
  if (!ConvertStringSidToSidW(text.c_str(), &sid)) return {};
  auto* bytes = static_cast<const uint8_t*>(sid);
  User user = {self.integrity, {bytes, bytes + GetLengthSid(sid)}};
  LocalFree(sid);
  return user;
}

// It does not change.
User Self() {
  static SRWLOCK lock = SRWLOCK_INIT;
  static User* self = nullptr;
  AcquireSRWLockExclusive(&lock);
  if (self == nullptr) self = new User(WhoWeAre());
  ReleaseSRWLockExclusive(&lock);
  return *self;
}

bool IsSame(const RegionUser& there, const User& user) {
  return there.state == kThere && there.integrity == user.integrity && std::memcmp(there.sid, user.sid.data(), user.sid.size()) == 0;
}

// Others may write the bytes meanwhile, which is why the system is asked about a copy.
std::string SidOf(const RegionUser& user) {
  alignas(SID) uint8_t copy[SECURITY_MAX_SID_SIZE];
  std::memcpy(copy, user.sid, sizeof(copy));
  return IsValidSid(copy) && GetLengthSid(copy) <= sizeof(copy) ? SidToString(copy) : std::string();
}

}  // namespace

void RegionUsers::AddSelf() {
  const User self = Self();
  if (self.sid.empty() || self.sid.size() > SECURITY_MAX_SID_SIZE) return;
  for (RegionUser& user : layout_.users) {
    if (IsSame(user, self)) return;
    uint32_t free = 0;
    if (!user.state.compare_exchange_strong(free, kAdding)) continue;
    user.integrity = self.integrity;
    std::memcpy(user.sid, self.sid.data(), self.sid.size());
    user.state = kThere;
    return;
  }
}

std::wstring RegionUsers::Allow(const wchar_t* access) const {
  const std::wstring allowed = std::wstring(L"(A;;") + access + L";;;";
  std::wstring text = L"D:P" + allowed + L"SY)";
  uint32_t integrity = Self().integrity;
  for (const RegionUser& user : layout_.users) {
    if (user.state != kThere) continue;
    std::string sid = SidOf(user);
    if (sid.empty()) continue;
    text += allowed + Widen(sid) + L")";
    integrity = std::min(integrity, user.integrity);
  }
  // Not for the sandboxes of these users, unless one of them has the region.
  return text + L"S:(ML;;NWNX;;;S-1-16-" + std::to_wstring(integrity) + L")";
}

}  // namespace gips
