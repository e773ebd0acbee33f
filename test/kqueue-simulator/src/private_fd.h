// A descriptor of the simulator's own, out of the way of the program under test.
#ifndef KQUEUE_SIMULATOR_PRIVATE_FD_H
#define KQUEUE_SIMULATOR_PRIVATE_FD_H

namespace simulator {

class PrivateFd {
 public:
  PrivateFd() = default;
  ~PrivateFd() { Reset(); }
  PrivateFd(const PrivateFd&) = delete;
  PrivateFd& operator=(const PrivateFd&) = delete;

  // Takes `fd` (the result of a system call) and moves it to a high number: a test that closes a number and expects
  // the next descriptor to have it must not find one of these there. Returns 0 or the errno.
  int Take(int fd);
  void Reset();

  int get() const { return fd_; }

 private:
  int fd_ = -1;
};

}  // namespace simulator

#endif
