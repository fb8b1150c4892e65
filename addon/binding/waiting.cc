#include "binding/waiting.h"

#include <thread>
#include <utility>

#include "last_failure.h"

namespace gips {

Waiting* Waiting::Of(Environment& environment) {
  if (environment.waiting == nullptr) {
    auto waiting = std::make_shared<Waiting>(environment);
    int error = waiting->Open();
    if (error != 0) {
      SetLastFailure(error);
      return nullptr;
    }
    environment.waiting = std::move(waiting);
  }
  return environment.waiting.get();
}

Waiting::Waiting(Environment& environment) : environment_(environment) {}

Waiting::~Waiting() {
  Shutdown();
}

int Waiting::Open() {
  auto async = std::make_unique<uv_async_t>();
  int error = uv_async_init(environment_.loop(), async.get(), [](uv_async_t* handle) { static_cast<Waiting*>(handle->data)->Deliver(); });
  if (error != 0) return error;
  async_ = async.release();
  async_->data = this;
  uv_unref(reinterpret_cast<uv_handle_t*>(async_));
  environment_.OnHandleOpened();
  environment_.Add(this);
  pool_ = std::make_unique<HelperPool>([this](const std::shared_ptr<HelperPool::Job>& job) { OnDone(job); });
  return 0;
}

// An environment ends: nobody hears of any outcome any more.
void Waiting::Shutdown() {
  if (async_ == nullptr) return;
  std::vector<uint32_t> ids;
  for (const auto& [id, call] : calls_) ids.push_back(id);
  Discard(ids);
  pool_.reset();
  // Its death tells the next owners.
  owner_.reset();
  uv_close(reinterpret_cast<uv_handle_t*>(async_), [](uv_handle_t* handle) {
    auto* environment = static_cast<Environment*>(handle->data);
    delete reinterpret_cast<uv_async_t*>(handle);
    environment->OnHandleClosed();
  });
  std::exchange(async_, nullptr)->data = &environment_;
  environment_.Remove(this);
}

int64_t Waiting::Start(std::shared_ptr<Call> call, bool is_blocking) {
  if (async_ == nullptr) return UV_ECANCELED;
  DiscardAbandoned();
  do last_id_++;
  while (last_id_ == 0 || calls_.count(last_id_) != 0);
  call->id_ = last_id_;
  call->is_blocking_ = is_blocking;
  calls_.emplace(last_id_, call);
  int error = pool_->Submit(std::move(call));
  if (error != 0) {
    calls_.erase(last_id_);
    return error;
  }
  if (is_blocking) {
    blocking_id_ = last_id_;
  } else {
    dispatched_calls_++;
  }
  UpdateReference();
  return last_id_;
}

int Waiting::Wait(uint32_t id, int milliseconds) {
  auto call = calls_.find(id);
  if (call == calls_.end()) return UV_EINVAL;
  if (!pool_->WaitFor(*call->second, milliseconds)) return static_cast<int>(Outcome::Pending);
  return Take(id)->outcome;
}

int Waiting::Finish(uint32_t id) {
  auto call = Take(id);
  if (call == nullptr) return UV_EINVAL;
  pool_->Finish(*call);
  return call->outcome;
}

// All are asked before the first is waited for.
void Waiting::Discard(const std::vector<uint32_t>& ids) {
  std::vector<std::shared_ptr<Call>> calls;
  for (uint32_t id : ids) {
    auto call = Take(id);
    if (call != nullptr) calls.push_back(std::move(call));
  }
  for (const auto& call : calls) call->Cancel();
  for (const auto& call : calls) {
    pool_->Finish(*call);
    call->Discard();
  }
}

std::shared_ptr<Waiting::Call> Waiting::Take(uint32_t id) {
  auto found = calls_.find(id);
  if (found == calls_.end()) return nullptr;
  auto call = std::move(found->second);
  calls_.erase(found);
  if (call->is_blocking_) {
    blocking_id_ = 0;
  } else {
    dispatched_calls_--;
  }
  UpdateReference();
  return call;
}

void Waiting::UpdateReference() {
  auto* handle = reinterpret_cast<uv_handle_t*>(async_);
  if (dispatched_calls_ > 0) {
    uv_ref(handle);
  } else {
    uv_unref(handle);
  }
}

void Waiting::OnDone(const std::shared_ptr<HelperPool::Job>& job) {
  {
    std::lock_guard<Mutex> lock(done_mutex_);
    done_.push_back(static_cast<const Call&>(*job).id_);
  }
  uv_async_send(async_);
}

void Waiting::Deliver() {
  Napi::HandleScope scope(environment_.env());
  auto self = environment_.waiting;
  // The loop runs, so nobody blocks.
  DiscardAbandoned();
  if (owner_ != nullptr) owner_->Resume();
  std::vector<uint32_t> done;
  {
    std::lock_guard<Mutex> lock(done_mutex_);
    done.swap(done_);
  }
  for (uint32_t id : done) {
    auto found = calls_.find(id);
    if (found == calls_.end()) continue;  // discarded, perhaps by who was told of another one just now
    if (found->second->outcome == static_cast<int>(Outcome::Suspended)) {
      int error = pool_->Submit(found->second);
      if (error == 0) continue;
      found->second->outcome = error;
    }
    napi_value arguments[2];
    napi_create_uint32(environment_.env(), id, &arguments[0]);
    auto call = Take(id);
    call->Settle();
    napi_create_int32(environment_.env(), call->outcome, &arguments[1]);
    environment_.Dispatch(Environment::Event::Waited, {arguments[0], arguments[1]});
  }
}

RobustOwner* Waiting::Owner() {
  if (owner_ == nullptr && async_ != nullptr) owner_ = RobustOwner::Start();
  return owner_.get();
}

void Waiting::DiscardAbandoned() {
  if (blocking_id_ != 0) Discard({blocking_id_});
}

void Waiting::BeginBlocking() {
  DiscardAbandoned();
  owner_->Suspend();
  // A thread that has just got a lock needs a moment to say so.
  for (; owner_->HasUnsettled(); std::this_thread::yield()) {
    for (const auto& [id, call] : calls_) {
      if (!call->is_blocking_ && pool_->IsDone(*call)) call->GiveBack();
    }
  }
}

std::shared_ptr<RobustPage> Waiting::PageOf(const std::shared_ptr<Mapping>& mapping, uint8_t* address) {
  uint8_t* key = address - reinterpret_cast<uintptr_t>(address) % RobustPage::Size();
  auto page = pages_[key].lock();
  if (page != nullptr) return page;
  page = RobustPage::Map(mapping, address);
  if (page == nullptr) return nullptr;
  pages_[key] = page;
  if (pages_.size() < pages_before_purge_) return page;
  for (auto each = pages_.begin(); each != pages_.end();) each = each->second.expired() ? pages_.erase(each) : std::next(each);
  pages_before_purge_ = 2 * pages_.size() + 16;
  return page;
}

void Waiting::RetirePagesOf(const Mapping& mapping) {
  auto first = pages_.lower_bound(mapping.address());
  auto end = pages_.lower_bound(mapping.address() + mapping.size());
  for (auto each = first; each != end; ++each) {
    auto page = each->second.lock();
    if (page == nullptr) continue;
    if (owner_ != nullptr) owner_->ReleaseAll(*page);
    page->Retire();
  }
  pages_.erase(first, end);
}

}  // namespace gips
