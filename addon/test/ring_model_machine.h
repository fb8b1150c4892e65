// The machine that a modelled ring lies in: what each side has written, as far as the other one can see it, and the bells.
#pragma once

#include <cstdint>
#include <cstring>
#include <type_traits>

#include "core/ring_protocol.h"

namespace gips {

// Where a side's memory has what: its words, and behind them the ring's units.
constexpr size_t kModelUnits = 4;
constexpr size_t kModelPlaces = kRingWords + kModelUnits;
constexpr size_t kModelStores = 16;

struct ModelStep {
  enum Kind : uint16_t {
    Look,  // at the other side's memory
    Store,
    ReleasingStore,
    Fence,
    RingPeer,
    RingSelf,
    AwaitBell,
    ClearBell,
    Done,
    SawUnwritten,
    SawOverwritten,
    SawImpossible,
    Endless,
  };
  Kind kind;
  uint16_t place;
  uint16_t value;
};

struct ModelStore {
  uint16_t place;
  uint16_t value;
  uint16_t releasing;
};

// splitmix64's finalizer: among some million states a collision is improbable (less than one in a million).
inline uint64_t Mix(uint64_t hash, uint64_t value) {
  hash = (hash ^ value) + 0x9e3779b97f4a7c15;
  hash = (hash ^ (hash >> 30)) * 0xbf58476d1ce4e5b9;
  hash = (hash ^ (hash >> 27)) * 0x94d049bb133111eb;
  return hash ^ (hash >> 31);
}

// Of whole words.
inline uint64_t HashBytes(const void* bytes, size_t size) {
  uint64_t hash = 0;
  for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
    uint64_t word;
    std::memcpy(&word, static_cast<const uint8_t*>(bytes) + at, sizeof(word));
    hash = Mix(hash, word);
  }
  return hash;
}

// All that matters of one side, without padding, so that states are compared as bytes.
struct ModelSide {
  uint64_t history;  // where its program is: what that has seen since it was in a state of this hash
  ModelStep next;
  uint16_t bell;
  uint16_t memory[kModelPlaces];
  // Done by this side, invisible to the other one: the processor's store buffer.
  ModelStore stores[kModelStores];
  uint16_t store_count;
  uint16_t interruptions;  // that are still allowed
  uint16_t unused[2];

  bool MayStore() const { return store_count < kModelStores; }

  void Keep(const ModelStep& step) {
    stores[store_count++] = {step.place, step.value, static_cast<uint16_t>(step.kind == ModelStep::ReleasingStore)};
  }

  // A releasing store passes none that came before it, any other one only those to other places.
  bool MayLand(size_t at) const {
    for (size_t i = 0; i < at; i++) {
      if (stores[at].releasing != 0 || stores[i].place == stores[at].place) return false;
    }
    return true;
  }

  ModelStore Land(size_t at) {
    ModelStore store = stores[at];
    memory[store.place] = store.value;
    store_count--;
    std::memmove(&stores[at], &stores[at + 1], (store_count - at) * sizeof(ModelStore));
    stores[store_count] = {};
    return store;
  }
};

struct ModelMachine {
  ModelSide sides[2];

  uint64_t Hash() const { return HashBytes(sides, sizeof(sides)); }
};
static_assert(std::has_unique_object_representations_v<ModelSide>, "compared as bytes");

}  // namespace gips
