// A part of the test-only addon windows_facts.
#pragma once

#include <napi.h>

void InitializeSections(Napi::Env env, Napi::Object exports);
