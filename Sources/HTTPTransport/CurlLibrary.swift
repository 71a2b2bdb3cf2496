import CLibcurl
import CPodkeeper

/// Process-wide set-up of libcurl.
enum CurlLibrary {
    /// The outcome of `curl_global_init`, run once before the first handle. SIGPIPE is ignored from then on, because
    /// CURLOPT_NOSIGNAL takes libcurl's own guard away (libcurl-thread(3)); whoever spawns processes resets it.
    static let initialization: CURLcode = {
        _ = pk_ignore_sigpipe()
        return curl_global_init(Int(CURL_GLOBAL_ALL))
    }()
}
