#include "helper_thread.h"

#include <signal.h>

#include <memory>

namespace gips {

namespace {

// Node's static thread-local storage is in it as well; a sanitizer needs more than the code does.
constexpr size_t kStackSize = 256 * 1024;

struct Assignment {
  const char* name;
  HelperThread::Body body;
  void* data;
};

void* Run(void* argument) {
  std::unique_ptr<Assignment> assignment(static_cast<Assignment*>(argument));
  pthread_setname_np(pthread_self(), assignment->name);
  assignment->body(assignment->data);
  return nullptr;
}

}  // namespace

int HelperThread::Start(HelperThread& thread, const char* name, Body body, void* data) {
  auto assignment = std::make_unique<Assignment>(Assignment{name, body, data});
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackSize);
  // A thread begins with its maker's mask.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&thread.thread_, &attributes, Run, assignment.get());
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
  if (error == 0) assignment.release();
  return -error;
}

}  // namespace gips
