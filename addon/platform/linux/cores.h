#pragma once

namespace gips {

// Whether this thread may run on more than one core. Where it may not, whoever it waits for cannot run meanwhile.
bool HasOtherCores();

}  // namespace gips
