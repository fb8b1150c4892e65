// UTF-8, which JavaScript gives us, and UTF-16, which Windows wants.
#pragma once

#include <string>

namespace gips {

std::wstring Widen(const char* text, size_t size);
inline std::wstring Widen(const std::string& text) {
  return Widen(text.data(), text.size());
}
std::string Narrow(const wchar_t* text);

}  // namespace gips
