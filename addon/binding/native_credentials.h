// Who is who: credentials, users and groups for JavaScript.
#pragma once

#include <napi.h>

#include "credentials.h"

namespace gips {

Napi::Object ToObject(Napi::Env env, const Credentials& credentials);
void DefineCredentials(Napi::Env env, Napi::Object exports);

}  // namespace gips
