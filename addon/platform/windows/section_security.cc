#include "section_security.h"

#include <aclapi.h>
#include <uv.h>

#include <algorithm>

#include "last_failure.h"
#include "token.h"
#include "wide_string.h"

namespace gips {

namespace {

constexpr char kOwnerRights[] = "S-1-3-4";

constexpr DWORD kToWrite = SECTION_MAP_WRITE | WRITE_DAC | WRITE_OWNER | GENERIC_WRITE | GENERIC_ALL | MAXIMUM_ALLOWED;

// A kernel object's, as far as it can be asked for with READ_CONTROL.
class ObjectSecurity {
 public:
  explicit ObjectSecurity(HANDLE object) {
    constexpr SECURITY_INFORMATION kParts = OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION | LABEL_SECURITY_INFORMATION;
    error_ = GetSecurityInfo(object, SE_KERNEL_OBJECT, kParts, &owner_, nullptr, &access_, &label_, &descriptor_);
  }
  ~ObjectSecurity() { LocalFree(descriptor_); }
  ObjectSecurity(const ObjectSecurity&) = delete;
  ObjectSecurity& operator=(const ObjectSecurity&) = delete;

  DWORD error() const { return error_; }
  std::string owner() const { return owner_ != nullptr ? SidToString(owner_) : std::string(); }

  // Whether all that can write it satisfy `is_trusted`, a function of their SIDs. Entries we do not know count as if they could.
  template <class Predicate>
  bool OnlyWrittenBy(Predicate is_trusted) const {
    if (access_ == nullptr) return false;
    for (WORD i = 0; i < access_->AceCount; i++) {
      void* entry = nullptr;
      if (!GetAce(access_, i, &entry)) return false;
      auto* allowed = static_cast<ACCESS_ALLOWED_ACE*>(entry);
      if (allowed->Header.AceType == ACCESS_DENIED_ACE_TYPE) continue;
      if (allowed->Header.AceType != ACCESS_ALLOWED_ACE_TYPE) return false;
      if ((allowed->Mask & kToWrite) != 0 && !is_trusted(SidToString(&allowed->SidStart))) return false;
    }
    return true;
  }

  // Where nothing is said it is medium (Mandatory Integrity Control).
  DWORD integrity() const {
    void* entry = nullptr;
    if (label_ == nullptr || label_->AceCount == 0 || !GetAce(label_, 0, &entry)) return SECURITY_MANDATORY_MEDIUM_RID;
    PSID sid = &static_cast<SYSTEM_MANDATORY_LABEL_ACE*>(entry)->SidStart;
    UCHAR count = *GetSidSubAuthorityCount(sid);
    return count == 0 ? SECURITY_MANDATORY_UNTRUSTED_RID : *GetSidSubAuthority(sid, count - 1);
  }

 private:
  DWORD error_;
  PSID owner_ = nullptr;
  PACL access_ = nullptr;
  PACL label_ = nullptr;
  PSECURITY_DESCRIPTOR descriptor_ = nullptr;
};

}  // namespace

// Whoever owns an object may always change who has access, unless the entry for owners says otherwise.
std::wstring NobodysSection() {
  return L"D:P(A;;RC;;;OW)";
}

std::wstring OwnSection() {
  Identity self;
  if (!OwnIdentity(self)) return NobodysSection();
  std::wstring text = L"D:P(A;;GA;;;SY)(A;;GA;;;" + Widen(self.account) + L")";
  // Nobody may give what is above their own. An elevated process's region is for the user's other ones, too.
  if (self.integrity >= SECURITY_MANDATORY_MEDIUM_RID) text += L"S:(ML;;NRNWNX;;;ME)";
  return text;
}

bool IsOwnersAlone(const Descriptor& section) {
  Identity self;
  if (!OwnIdentity(self)) return false;
  ObjectSecurity security(section.get());
  if (security.error() != 0) {
    SetLastError(security.error());
    return false;
  }
  const std::string own = OwnDefaultOwner();
  auto is_trusted = [&](const std::string& sid) {
    return !sid.empty() && (sid == self.account || sid == own || sid == kSystemSid || sid == kAdministratorsSid);
  };
  auto may_write = [&](const std::string& sid) { return is_trusted(sid) || sid == kOwnerRights; };
  const DWORD least = std::min<DWORD>(self.integrity, SECURITY_MANDATORY_MEDIUM_RID);
  if (is_trusted(security.owner()) && security.OnlyWrittenBy(may_write) && security.integrity() >= least) return true;
  SetLastFailure(UV_EACCES);
  return false;
}

}  // namespace gips
