import Foundation
import Glibc
import Metrics

/// This process, under the names that Prometheus' own client libraries use.
enum ProcessMetrics {
    static func families(startedAt: Date) -> [MetricFamily] {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        var families = [
            MetricFamily(
                "process_cpu_seconds_total", .counter, "User and system CPU time of the daemon in seconds.",
                seconds(usage.ru_utime) + seconds(usage.ru_stime)),
            MetricFamily(
                "process_start_time_seconds", .gauge, "When the daemon was started, in seconds since 1970.",
                startedAt.timeIntervalSince1970),
        ]
        if let memory = pages() {
            let page = Double(sysconf(Int32(_SC_PAGESIZE)))
            families += [
                MetricFamily(
                    "process_virtual_memory_bytes", .gauge, "Virtual memory in bytes.", Double(memory.virtual) * page),
                MetricFamily(
                    "process_resident_memory_bytes", .gauge, "Resident memory in bytes.",
                    Double(memory.resident) * page),
            ]
        }
        if let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd") {
            families.append(MetricFamily("process_open_fds", .gauge, "Open file descriptors.", Double(open.count)))
        }
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            families.append(
                MetricFamily(
                    "process_max_fds", .gauge, "The most file descriptors that may be open.", Double(limit.rlim_cur)))
        }
        return families
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// The first two numbers of /proc/self/statm (proc(5)).
    private static func pages() -> (virtual: Int, resident: Int)? {
        guard let data = FileManager.default.contents(atPath: "/proc/self/statm") else { return nil }
        let numbers = String(decoding: data, as: UTF8.self).split(separator: " ").prefix(2).compactMap { Int($0) }
        return numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    }
}
