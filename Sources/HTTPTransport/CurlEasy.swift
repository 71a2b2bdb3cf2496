import CLibcurl

/// Owns a libcurl easy handle and the memory that the handle points to.
package final class CurlEasy {
    package let handle: UnsafeMutableRawPointer
    private let errorText = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
    private var body: UnsafeMutableRawBufferPointer?
    private var lists: [UnsafeMutablePointer<curl_slist>] = []

    /// - Throws: `system`.
    package init() throws(HTTPError) {
        errorText.pointee = 0
        guard let handle = curl_easy_init() else {
            errorText.deallocate()
            throw HTTPError(.system, "libcurl has no memory for a request")
        }
        self.handle = handle
        try set(CURLOPT_ERRORBUFFER, pointer: errorText)
    }

    deinit {
        curl_easy_cleanup(handle)
        lists.forEach { curl_slist_free_all($0) }
        body?.deallocate()
        errorText.deallocate()
    }

    /// What libcurl said about the last failure; may be empty.
    var failureDetail: String {
        String(cString: errorText)
    }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPError) {
        try Self.check(pk_curl_set_long(handle, option, value), option)
    }

    func set(_ option: CURLoption, _ value: String?) throws(HTTPError) {
        if let value, value.utf8.contains(0) {
            throw HTTPError(.invalidRequest, "A setting of the request holds a NUL byte")
        }
        try Self.check(pk_curl_set_string(handle, option, value), option)
    }

    /// What `value` points to must outlive the handle.
    func set(_ option: CURLoption, pointer value: UnsafeRawPointer?) throws(HTTPError) {
        try Self.check(pk_curl_set_pointer(handle, option, value), option)
    }

    func set(_ option: CURLoption, blob: [UInt8]) throws(HTTPError) {
        let code = blob.withUnsafeBytes { bytes in
            // An empty array may have no address at all, and NULL would mean "option not set".
            withUnsafePointer(to: UInt8(0)) {
                pk_curl_set_blob(handle, option, bytes.baseAddress ?? .init($0), bytes.count)
            }
        }
        try Self.check(code, option)
    }

    func set(_ option: CURLoption, list strings: [String]) throws(HTTPError) {
        var list: UnsafeMutablePointer<curl_slist>?
        for string in strings {
            guard let longer = curl_slist_append(list, string) else {
                curl_slist_free_all(list)
                throw HTTPError(.system, "libcurl has no memory for a request")
            }
            list = longer
        }
        if let list { lists.append(list) }
        try Self.check(pk_curl_set_list(handle, option, list), option)
    }

    /// Sets the request's body. libcurl reads it in place until the transfer ends, so it is copied to a fixed address.
    func setBody(_ bytes: [UInt8]) throws(HTTPError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: max(1, bytes.count), alignment: 1)
        copy.copyBytes(from: bytes)
        body = copy
        try Self.check(pk_curl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count)), CURLOPT_POST)
        try set(CURLOPT_POSTFIELDS, pointer: copy.baseAddress)
    }

    /// Of the connect that failed; 0 when there is none.
    var lastErrno: Int32 {
        Int32(clamping: pk_curl_get_long(handle, CURLINFO_OS_ERRNO))
    }

    /// Whether bytes of the request have been given to the kernel, not counting a CONNECT that the proxy refused.
    var hasSentRequest: Bool {
        pk_curl_get_long(handle, CURLINFO_REQUEST_SIZE) > 0 && !isRefusedByProxy
    }

    var isRefusedByProxy: Bool {
        let status = pk_curl_get_long(handle, CURLINFO_HTTP_CONNECTCODE)
        return status != 0 && !(200..<300).contains(status)
    }

    private static func check(_ code: CURLcode, _ option: CURLoption) throws(HTTPError) {
        guard code != CURLE_OK else { return }
        let reason = String(cString: curl_easy_strerror(code))
        throw HTTPError(.invalidRequest, "libcurl refuses setting \(option.rawValue) of the request: \(reason)")
    }
}
