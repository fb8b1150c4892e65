// Memory for large payloads. What helps there is the platform's business.
#pragma once

#include <cstddef>
#include <cstdint>

namespace gips {

// Freshly allocated memory is about to be filled: makes its first use cheap, if the system knows how. Advice only.
void PreferLargePages(uint8_t* memory, size_t size);

}  // namespace gips
