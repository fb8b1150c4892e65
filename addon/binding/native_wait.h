// The waits on words of shared memory: what lib/native/binding.ts declares of them.
#pragma once

#include <napi.h>

namespace gips {

void DefineWaits(Napi::Env env, Napi::Object exports);

}  // namespace gips
