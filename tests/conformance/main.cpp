// conformance_runner OUT FOLDER...: runs the case of each folder in a process of its own, so that a crash or a hang is
// one case's. Prints a line of JSON a case; results lie in OUT/<name of the folder>.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "session.h"

namespace conformance {
namespace {

using nlohmann::json;

struct Options {
  std::string out;
  int jobs = 1, seconds = 180, level = 0;
  std::vector<std::string> folders;
};

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

json refused(const std::string& stage, const std::string& op, const std::string& reason) {
  return {{"status", "refused"}, {"stage", stage}, {"op", op}, {"reason", reason}};
}

json run_here(const std::string& folder, const std::string& out, int level) {
  try {
    std::vector<std::string> fixed;
    write_outputs(out, run_case(read_case(folder), level, fixed));
    return {{"status", "ran"}, {"fixed", fixed}};
  } catch (const Refusal& r) {
    return refused(r.stage, r.op, r.what());
  } catch (const std::exception& e) {
    return {{"status", "failed"}, {"reason", e.what()}};  // the runner's own, not the library's
  }
}

[[noreturn]] void child(const std::string& folder, const std::string& out, const Options& o) {
  ::alarm(static_cast<unsigned>(o.seconds));
  const rlimit memory{rlim_t{4} << 30, rlim_t{4} << 30}, no_core{0, 0};
  ::setrlimit(RLIMIT_DATA, &memory);
  ::setrlimit(RLIMIT_CORE, &no_core);
  if (!std::freopen((out + "/stderr.txt").c_str(), "w", stderr)) ::_exit(1);
  std::ofstream(out + "/status.json")
      << run_here(folder, out, o.level).dump(-1, ' ', false, json::error_handler_t::replace);
  ::_exit(0);
}

std::string last_words(const std::string& out) {
  std::ifstream in(out + "/stderr.txt");
  std::string last;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) last = line;
  return last.empty() ? "" : ": " + last;
}

json outcome(int status, const std::string& out) {
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM) return {{"status", "hung"}};
  if (WIFSIGNALED(status)) return {{"status", "crashed"}, {"reason", ::strsignal(WTERMSIG(status)) + last_words(out)}};
  std::ifstream in(out + "/status.json");
  const json j = json::parse(in, nullptr, false);
  if (j.is_discarded()) return {{"status", "crashed"}, {"reason", "the process ended without a result"}};
  return j;
}

using Clock = std::chrono::steady_clock;

struct Running {
  std::string folder, out;
  Clock::time_point since;
};

void wait_for_one(std::map<pid_t, Running>& running) {
  int status = 0;
  const pid_t pid = ::waitpid(-1, &status, 0);
  const auto it = running.find(pid);
  if (it == running.end()) return;
  json line = outcome(status, it->second.out);
  line["case"] = base_name(it->second.folder);
  line["seconds"] = std::chrono::duration<double>(Clock::now() - it->second.since).count();
  std::printf("%s\n", line.dump(-1, ' ', false, json::error_handler_t::replace).c_str());
  std::fflush(stdout);
  running.erase(it);
}

void run_all(const Options& o) {
  std::map<pid_t, Running> running;
  for (const std::string& folder : o.folders) {
    if (static_cast<int>(running.size()) >= o.jobs) wait_for_one(running);
    const std::string out = o.out + "/" + base_name(folder);
    ::mkdir(out.c_str(), 0777);
    std::remove((out + "/status.json").c_str());
    const pid_t pid = ::fork();
    if (pid == 0) child(folder, out, o);
    if (pid < 0) throw std::runtime_error("fork failed");
    running[pid] = {folder, out, Clock::now()};
  }
  while (!running.empty()) wait_for_one(running);
}

int usage() {
  std::fprintf(stderr,
               "usage: conformance_runner [--jobs N] [--seconds N] [--level N] OUT FOLDER... (or - for stdin)\n");
  return 2;
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  int i = 1;
  for (; i + 1 < argc && argv[i][0] == '-' && argv[i][1] == '-'; i += 2) {
    const std::string flag = argv[i];
    int* const value = flag == "--jobs"      ? &o.jobs
                       : flag == "--seconds" ? &o.seconds
                       : flag == "--level"   ? &o.level
                                             : nullptr;
    if (!value) return usage();
    *value = std::atoi(argv[i + 1]);
  }
  if (argc - i < 2) return usage();
  o.out = argv[i++];
  char line[4096];
  for (; i < argc; ++i) {
    if (std::string(argv[i]) != "-")
      o.folders.push_back(argv[i]);
    else
      while (std::fgets(line, sizeof line, stdin))
        o.folders.push_back(std::string(line).substr(0, std::strcspn(line, "\n")));
  }
  ::mkdir(o.out.c_str(), 0777);
  run_all(o);
  return 0;
}

}  // namespace conformance

int main(int argc, char** argv) {
  try {
    return conformance::main(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "conformance_runner: %s\n", e.what());
    return 1;
  }
}
