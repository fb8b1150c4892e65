// What tests have to know of shared memory, as /proc tells it elsewhere: the views and the handles of regions, who waits in them, and
// sections that others might make.
#include "windows_sections.h"

#include <uv.h>
#include <windows.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "core/region_header.h"
#include "region_annex_layout.h"
#include "section.h"
#include "security.h"

namespace {

// Behind the bytes of a region; null if there is none within `size` bytes.
const gips::RegionAnnexLayout* AnnexOf(const uint8_t* memory, uint64_t size) {
  if (size < gips::kRegionHeaderSize) return nullptr;
  uint64_t total;
  std::memcpy(&total, memory + sizeof(uint64_t), sizeof(total));
  if (total > size) return nullptr;
  uint64_t offset = (gips::kRegionHeaderSize + total + 63) / 64 * 64;
  if (offset > size || size - offset < sizeof(gips::RegionAnnexLayout)) return nullptr;
  auto* annex = reinterpret_cast<const gips::RegionAnnexLayout*>(memory + offset);
  return annex->magic == gips::kRegionAnnexMagic ? annex : nullptr;
}

// A piece of this process's memory that was mapped or allocated as one.
struct Piece {
  const uint8_t* from;
  uint64_t size;
  DWORD type;
  bool is_writable;  // as a whole

  const gips::RegionAnnexLayout* annex() const { return type == MEM_MAPPED && is_writable ? AnnexOf(from, size) : nullptr; }
};

// Calls `visit` with each.
template <class Visit>
void ForEachPiece(Visit visit) {
  Piece piece = {};
  MEMORY_BASIC_INFORMATION memory;
  for (const uint8_t* at = nullptr; VirtualQuery(at, &memory, sizeof(memory)) != 0; at += memory.RegionSize) {
    at = static_cast<const uint8_t*>(memory.BaseAddress);
    bool is_writable = memory.State == MEM_COMMIT && memory.Protect == PAGE_READWRITE;
    if (memory.State != MEM_FREE && piece.size > 0 && memory.AllocationBase == piece.from) {
      piece.size += memory.RegionSize;
      piece.is_writable &= is_writable;
      continue;
    }
    if (piece.size > 0) visit(piece);
    piece = {at, memory.State == MEM_FREE ? 0 : memory.RegionSize, memory.Type, is_writable};
  }
  if (piece.size > 0) visit(piece);
}

// [from, to, isWritable, isRegion] of each piece of this process's memory.
Napi::Value Mappings(const Napi::CallbackInfo& info) {
  Napi::Array all = Napi::Array::New(info.Env());
  ForEachPiece([&](const Piece& piece) {
    Napi::Array entry = Napi::Array::New(info.Env(), 4);
    auto from = reinterpret_cast<uintptr_t>(piece.from);
    entry.Set(0u, static_cast<double>(from));
    entry.Set(1u, static_cast<double>(from + piece.size));
    entry.Set(2u, Napi::Boolean::New(info.Env(), piece.is_writable));
    entry.Set(3u, Napi::Boolean::New(info.Env(), piece.annex() != nullptr));
    all.Set(all.Length(), entry);
  });
  return all;
}

// (pid): how many threads of that process wait in the regions that are mapped here, each memory counted once.
Napi::Value Waiters(const Napi::CallbackInfo& info) {
  auto process = info[0].As<Napi::Number>().Uint32Value();
  std::vector<std::string> seen;
  uint32_t count = 0;
  ForEachPiece([&](const Piece& piece) {
    auto* annex = piece.annex();
    if (annex == nullptr) return;
    std::string id(reinterpret_cast<const char*>(annex->id), sizeof(annex->id));
    if (std::find(seen.begin(), seen.end(), id) != seen.end()) return;
    seen.push_back(id);
    for (const gips::WaitSlot& slot : annex->slots) {
      if (slot.state >> 32 == process && (slot.state & 0xFF) == gips::kWaiting) count++;
    }
  });
  return Napi::Number::New(info.Env(), count);
}

// (handle): whether it is that of a region.
Napi::Value IsRegion(const Napi::CallbackInfo& info) {
  auto section = reinterpret_cast<HANDLE>(info[0].As<Napi::Number>().Int64Value());
  gips::SectionFacts facts;
  bool is_region = false;
  if (gips::AskSection(section, facts) && facts.kind == gips::SectionFacts::Kind::Memory) {
    void* view = MapViewOfFile(section, FILE_MAP_READ, 0, 0, 0);
    is_region = view != nullptr && AnnexOf(static_cast<const uint8_t*>(view), facts.size) != nullptr;
    if (view != nullptr) UnmapViewOfFile(view);
  }
  return Napi::Boolean::New(info.Env(), is_region);
}

// (size, bytes, { reserves?, file?, name?, rights?, readOnly? }): a section that begins with these bytes, if any, and its handle. `file` is
// one that is open, `rights` a security descriptor as text.
Napi::Value CreateSection(const Napi::CallbackInfo& info) {
  auto options = info[2].As<Napi::Object>();
  auto text = [&](const char* key) {
    Napi::Value value = options.Get(key);
    std::u16string string = value.IsString() ? value.As<Napi::String>().Utf16Value() : std::u16string();
    return std::wstring(string.begin(), string.end());
  };
  bool reserves = options.Get("reserves").ToBoolean();
  Napi::Value fd = options.Get("file");
  HANDLE file = fd.IsNumber() ? reinterpret_cast<HANDLE>(uv_get_osfhandle(fd.As<Napi::Number>().Int32Value())) : INVALID_HANDLE_VALUE;
  DWORD kind = PAGE_READWRITE | (fd.IsNumber() ? 0 : reserves ? SEC_RESERVE : SEC_COMMIT);
  std::wstring rights = text("rights");
  gips::Security security(rights.empty() ? L"D:P(A;;GA;;;WD)" : rights);
  std::wstring name = text("name");
  auto size = info[0].As<Napi::Number>().Uint32Value();
  HANDLE section = CreateFileMappingW(file, security.attributes(), kind, 0, size, name.empty() ? nullptr : name.c_str());
  if (section == nullptr) return Napi::Number::New(info.Env(), -static_cast<double>(GetLastError()));
  auto bytes = info[1].As<Napi::Buffer<uint8_t>>();
  if (bytes.Length() > 0) {
    void* view = MapViewOfFile(section, FILE_MAP_WRITE, 0, 0, bytes.Length());
    std::memcpy(view, bytes.Data(), bytes.Length());
    UnmapViewOfFile(view);
  }
  if (options.Get("readOnly").ToBoolean()) {
    HANDLE copy = nullptr;
    DuplicateHandle(GetCurrentProcess(), section, GetCurrentProcess(), &copy, SECTION_QUERY | FILE_MAP_READ, FALSE, DUPLICATE_CLOSE_SOURCE);
    section = copy;
  }
  return Napi::Number::New(info.Env(), static_cast<double>(reinterpret_cast<intptr_t>(section)));
}

// (handle, access): a duplicate with such access, or a negative error of Windows'.
Napi::Value Duplicate(const Napi::CallbackInfo& info) {
  auto handle = reinterpret_cast<HANDLE>(info[0].As<Napi::Number>().Int64Value());
  HANDLE copy = nullptr;
  BOOL done = DuplicateHandle(GetCurrentProcess(), handle, GetCurrentProcess(), &copy, info[1].As<Napi::Number>().Uint32Value(), FALSE, 0);
  return Napi::Number::New(info.Env(), done ? static_cast<double>(reinterpret_cast<intptr_t>(copy)) : -static_cast<double>(GetLastError()));
}

void Close(const Napi::CallbackInfo& info) {
  CloseHandle(reinterpret_cast<HANDLE>(info[0].As<Napi::Number>().Int64Value()));
}

// (handle, access): maps and unmaps it. 0, or a negative error of Windows'.
Napi::Value Map(const Napi::CallbackInfo& info) {
  auto handle = reinterpret_cast<HANDLE>(info[0].As<Napi::Number>().Int64Value());
  void* view = MapViewOfFile(handle, info[1].As<Napi::Number>().Uint32Value(), 0, 0, 0);
  if (view == nullptr) return Napi::Number::New(info.Env(), -static_cast<double>(GetLastError()));
  UnmapViewOfFile(view);
  return Napi::Number::New(info.Env(), 0);
}

}  // namespace

void InitializeSections(Napi::Env env, Napi::Object exports) {
  exports["mappings"] = Napi::Function::New<Mappings>(env, "mappings");
  exports["waiters"] = Napi::Function::New<Waiters>(env, "waiters");
  exports["isRegion"] = Napi::Function::New<IsRegion>(env, "isRegion");
  exports["createSection"] = Napi::Function::New<CreateSection>(env, "createSection");
  exports["duplicate"] = Napi::Function::New<Duplicate>(env, "duplicate");
  exports["map"] = Napi::Function::New<Map>(env, "map");
  exports["close"] = Napi::Function::New<Close>(env, "close");
}
