#pragma once

namespace gips {

// Whether this process may run on more than one core. Where it may not, whoever it waits for cannot run meanwhile.
bool HasOtherCores();

}  // namespace gips
