// Windows has its own.
#pragma once

#include <condition_variable>
#include <mutex>

namespace gips {

using Mutex = std::mutex;
using Condition = std::condition_variable;

}  // namespace gips
