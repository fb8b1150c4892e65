// The rings between threads for JavaScript.
#pragma once

#include <napi.h>

#include "test/ring_threads.h"

namespace gips {

// ({ capacity, largest, records, seed, budget }) -> { sleeps, failure }
inline Napi::Value StressRingFromJs(const Napi::CallbackInfo& info) {
  auto from = info[0].As<Napi::Object>();
  auto number = [&from](const char* name) { return from.Get(name).As<Napi::Number>().Uint32Value(); };
  RingStressResult result = StressRing({number("capacity"), number("largest"), number("records"), number("seed"), number("budget")});
  Napi::Object answer = Napi::Object::New(info.Env());
  answer["sleeps"] = Napi::Number::New(info.Env(), result.sleeps);
  answer["failure"] = Napi::String::New(info.Env(), result.failure);
  return answer;
}

// (capacity, room, rounds, seed) -> { packets, violations, sent, broken, failure }
inline Napi::Value HarassRingFromJs(const Napi::CallbackInfo& info) {
  auto number = [&info](size_t index) { return info[index].As<Napi::Number>().Uint32Value(); };
  RingHarassment result = HarassRing(number(0), number(1), number(2), number(3));
  Napi::Object answer = Napi::Object::New(info.Env());
  answer["packets"] = Napi::Number::New(info.Env(), result.packets);
  answer["violations"] = Napi::Number::New(info.Env(), result.violations);
  answer["sent"] = Napi::Number::New(info.Env(), result.sent);
  answer["broken"] = Napi::Number::New(info.Env(), result.broken);
  answer["failure"] = Napi::String::New(info.Env(), result.failure);
  return answer;
}

}  // namespace gips
