// The addon calls functions of the executable that it is loaded into, which need not be called node.exe: Electron and renamed programs
// have them just as well. node-gyp brings the same for Microsoft's linker (src/win_delay_load_hook.cc).
#ifndef _MSC_VER

#include <windows.h>

#include <delayimp.h>

#include <cstring>

namespace {

FARPROC WINAPI FindHost(unsigned event, PDelayLoadInfo info) {
  if (event != dliNotePreLoadLibrary || _stricmp(info->szDll, "node.exe") != 0) return nullptr;
  HMODULE library = GetModuleHandleW(L"libnode.dll");
  return reinterpret_cast<FARPROC>(library != nullptr ? library : GetModuleHandleW(nullptr));
}

}  // namespace

PfnDliHook __pfnDliNotifyHook2 = FindHost;

#endif
