#include "wide_string.h"

#include <windows.h>

namespace gips {

std::wstring Widen(const char* text, size_t size) {
  int from = static_cast<int>(size);
  std::wstring wide(static_cast<size_t>(MultiByteToWideChar(CP_UTF8, 0, text, from, nullptr, 0)), L'\0');
  MultiByteToWideChar(CP_UTF8, 0, text, from, wide.data(), static_cast<int>(wide.size()));
  return wide;
}

std::string Narrow(const wchar_t* text) {
  int from = static_cast<int>(std::char_traits<wchar_t>::length(text));
  std::string narrow(static_cast<size_t>(WideCharToMultiByte(CP_UTF8, 0, text, from, nullptr, 0, nullptr, nullptr)), '\0');
  WideCharToMultiByte(CP_UTF8, 0, text, from, narrow.data(), static_cast<int>(narrow.size()), nullptr, nullptr);
  return narrow;
}

}  // namespace gips
