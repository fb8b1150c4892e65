// A test-only addon: the core without sockets, for property tests and test vectors, and a deliberate overflow for the sanitizer build.
#include <napi.h>

#include <memory>

#include "test/test_inbox.h"
#include "test/test_outbox.h"
#include "test/test_ring.h"
#include "test/test_ring_model.h"
#include "test/test_ring_threads.h"

// Reads one byte behind an allocation. Only a sanitizer notices.
static Napi::Value Overflow(const Napi::CallbackInfo& info) {
  size_t size = info.Length() > 0 ? info[0].As<Napi::Number>().Uint32Value() : 16;
  auto bytes = std::make_unique<volatile uint8_t[]>(size);
  return Napi::Number::New(info.Env(), bytes[size]);
}

static Napi::Object InitializeTestAddon(Napi::Env env, Napi::Object exports) {
  exports["TestOutbox"] = gips::TestOutbox::Define(env);
  exports["TestInbox"] = gips::TestInbox::Define(env);
  exports["TestRing"] = gips::TestRing::Define(env);
  exports["stressRing"] = Napi::Function::New<gips::StressRingFromJs>(env, "stressRing");
  exports["harassRing"] = Napi::Function::New<gips::HarassRingFromJs>(env, "harassRing");
  exports["exploreRing"] = Napi::Function::New<gips::ExploreRingFromJs>(env, "exploreRing");
  exports["overflow"] = Napi::Function::New<Overflow>(env, "overflow");
  return exports;
}

NODE_API_MODULE(gips_test, InitializeTestAddon)
