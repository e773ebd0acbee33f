// Descriptors, pollers and threads for the clauses, each cleaned up at the end of its scope.
#pragma once

#include <pthread.h>
#include <sched.h>

#include <atomic>
#include <cstdint>
#include <vector>

#include "../../../native/common/backend.h"
#include "check.h"

namespace check {

using namespace pollux;

// Two connected descriptors, non-blocking. a is the one that clauses watch.
struct Pair {
  int a = -1;
  int b = -1;

  Pair(int first, int second) : a(first), b(second) {}
  ~Pair();
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  void CloseA();
  void CloseB();
};

struct Pipe : Pair {  // a reads, b writes
  Pipe();
};
// A named FIFO: each end can be closed and opened again.
struct Fifo : Pair {
  Fifo();
  ~Fifo();
  void OpenA();
  void OpenB();

 private:
  char folder_[64];
  char path_[80];
};
struct SocketPair : Pair {
  SocketPair();
};
struct TcpPair : Pair {
  TcpPair();
};

void SetNonBlocking(int fd);
void WriteByte(int fd);
void WriteUrgentByte(int fd);
// Reads until nothing is left; returns the bytes read.
int Drain(int fd);
// Writes until the descriptor takes no more.
void Fill(int fd);
bool IsOpen(int fd);
// How many descriptors below 4096 are open.
int CountOpen();

// A backend with a record buffer of its own.
class Poller {
 public:
  explicit Poller(int capacity = 16);
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  Backend* backend() const { return backend_; }
  int Add(int fd, uint32_t interest);     // an errno, 0: none
  int Modify(int fd, uint32_t interest);  // the same
  int Remove(int fd);                     // the same
  // The readiness of `fd` in a wait that does not block; 0 when it is not reported. Other events of the wait are in
  // last().
  uint32_t Poll(int fd);
  // As Poll(), with a wait that blocks until something is reported, ten seconds at most.
  uint32_t Await(int fd);
  // How many events a wait of this length reports.
  int Wait(int64_t timeout_ns);
  const WaitResult& last() const { return result_; }
  const Event& event(int index) const { return events_[static_cast<size_t>(index)]; }
  int error() const { return error_; }
  uint32_t generation() const { return generation_; }
  Registry& registry() const { return RegistryOf(backend_); }

 private:
  Backend* backend_ = nullptr;
  RecordBuffer* buffer_ = nullptr;
  uint32_t Look(int fd, int64_t timeout_ns);

  std::vector<Event> events_;
  WaitResult result_ = {0, false};
  int error_ = 0;
  uint32_t generation_ = 0;
};

// One thread's own record buffer for a poller that other threads wait on too.
class Listener {
 public:
  explicit Listener(Backend* backend, int capacity = 4);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // An errno; 0: none.
  int Wait(int64_t deadline_ns);
  WaitResult result = {0, false};
  std::vector<Event> events;

 private:
  Backend* backend_;
  RecordBuffer* buffer_;
};

// A thread that runs a function object until it ends; joined by Join() or the destructor.
template <typename Body>
class Thread {
 public:
  explicit Thread(Body body) : body_(body) { pthread_create(&thread_, nullptr, Start, this); }
  ~Thread() { Join(); }
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  void Join() {
    if (joined_) return;
    pthread_join(thread_, nullptr);
    joined_ = true;
  }

 private:
  static void* Start(void* self) {
    static_cast<Thread*>(self)->body_();
    return nullptr;
  }

  Body body_;
  pthread_t thread_;
  bool joined_ = false;
};

constexpr int64_t kMs = 1000000;
constexpr int64_t kSecond = 1000 * kMs;

// Checks `condition` until it holds, ten seconds at most. Returns whether it held.
template <typename Condition>
bool Eventually(Condition condition) {
  for (const int64_t end = NowNs() + 10 * kSecond; NowNs() < end;) {
    if (condition()) return true;
    sched_yield();
  }
  return condition();
}

// Four threads that wait on one backend, and hand each result to `handle`, until End().
template <typename Handle>
class Listeners {
 public:
  Listeners(Backend* backend, int capacity, Handle handle)
      : backend_(backend),
        body_{backend, capacity, &is_over_, &ended_, handle},
        first_(body_),
        second_(body_),
        third_(body_),
        fourth_(body_) {}
  ~Listeners() { End(); }

  void End() {
    is_over_ = true;
    // A wake reaches one thread, and wakes that wait for a thread are one.
    EXPECT(Eventually([&] {
      Wake(backend_);
      return ended_ == 4;
    }));
    first_.Join();
    second_.Join();
    third_.Join();
    fourth_.Join();
  }

 private:
  struct Body {
    Backend* backend;
    int capacity;
    std::atomic<bool>* is_over;
    std::atomic<int>* ended;
    Handle handle;

    void operator()() {
      Listener listener(backend, capacity);
      while (listener.Wait(kNever) == 0 && !*is_over) handle(listener);
      (*ended)++;
    }
  };

  Backend* backend_;
  std::atomic<bool> is_over_{false};
  std::atomic<int> ended_{0};
  Body body_;
  Thread<Body> first_;
  Thread<Body> second_;
  Thread<Body> third_;
  Thread<Body> fourth_;
};

}  // namespace check
