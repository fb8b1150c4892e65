// The ring's model for JavaScript.
#pragma once

#include <napi.h>

#include <string>

#include "test/ring_model.h"

namespace gips {

// ({ traffic, capacity, sizes, budget, interruptions, fault }) -> { states, steps, failure, schedule }
inline Napi::Value ExploreRingFromJs(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto from = info[0].As<Napi::Object>();
  auto number = [&from](const char* name) { return size_t{from.Get(name).As<Napi::Number>().Uint32Value()}; };
  RingModelOptions options;
  options.traffic = static_cast<RingModelOptions::Traffic>(number("traffic"));
  options.capacity = number("capacity");
  options.budget = number("budget");
  options.interruptions = number("interruptions");
  options.fault = static_cast<RingFault>(number("fault"));
  auto sizes = from.Get("sizes").As<Napi::Array>();
  for (uint32_t i = 0; i < sizes.Length(); i++) options.sizes.push_back(sizes.Get(i).As<Napi::Number>().Uint32Value());

  RingModelResult result = ExploreRing(options);
  Napi::Object answer = Napi::Object::New(env);
  answer["states"] = Napi::Number::New(env, static_cast<double>(result.states));
  answer["steps"] = Napi::Number::New(env, static_cast<double>(result.steps));
  answer["failure"] = Napi::String::New(env, result.failure);
  Napi::Array schedule = Napi::Array::New(env, result.schedule.size());
  for (uint32_t i = 0; i < result.schedule.size(); i++) schedule.Set(i, Napi::String::New(env, result.schedule[i]));
  answer["schedule"] = schedule;
  return answer;
}

}  // namespace gips
