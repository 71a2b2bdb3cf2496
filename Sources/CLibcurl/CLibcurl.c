#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
// The options come in variables: the checks of typecheck-gcc.h cannot see them.
#define CURL_DISABLE_TYPECHECK
#include "CLibcurl.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

CURLcode pk_curl_set_long(CURL *easy, CURLoption option, long value) { return curl_easy_setopt(easy, option, value); }

CURLcode pk_curl_set_string(CURL *easy, CURLoption option, const char *value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode pk_curl_set_pointer(CURL *easy, CURLoption option, const void *value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode pk_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode pk_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(easy, option, value);
}

CURLcode pk_curl_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t length) {
    // libcurl does not write through the pointer; the struct has no const (CURLOPT_CAINFO_BLOB(3)).
    struct curl_blob blob = {.data = (void *)(uintptr_t)bytes, .len = length, .flags = CURL_BLOB_COPY};
    return curl_easy_setopt(easy, option, &blob);
}

CURLcode pk_curl_set_receivers(CURL *easy, pk_curl_data_function header, pk_curl_data_function body, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, header);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_HEADERDATA, context);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, body);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_WRITEDATA, context);
    return code;
}

static curl_socket_t open_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address) {
    (void)purpose;
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (fd < 0) return CURL_SOCKET_BAD;
    unsigned int timeout = (unsigned int)(uintptr_t)context;
    if (timeout > 0 && (address->family == AF_INET || address->family == AF_INET6)) {
        // A kernel that refuses it only detects a dead peer later.
        (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, sizeof timeout);
    }
    return fd;
}

CURLcode pk_curl_set_socket_rules(CURL *easy, unsigned int tcp_user_timeout) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, (void *)(uintptr_t)tcp_user_timeout);
    return code;
}

CURLcode pk_curl_set_dialer(CURL *easy, curl_opensocket_callback dial, void *context) {
    CURLcode code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, dial);
    if (code == CURLE_OK) code = curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, context);
    return code;
}

bool pk_curl_redirect(struct curl_sockaddr *address, const char *path) {
    size_t length = offsetof(struct sockaddr_un, sun_path) + strlen(path) + 1;
    if (address->family != AF_UNIX || length > address->addrlen || length > sizeof(struct sockaddr_un)) return false;
    // The struct declares the smallest kind of address; what is there is `addrlen` long.
    char *name = (char *)&address->addr + offsetof(struct sockaddr_un, sun_path);
    memcpy(name, path, strlen(path) + 1);
    address->addrlen = (unsigned int)length;
    return true;
}

long pk_curl_get_long(CURL *easy, CURLINFO info) {
    long value = 0;
    return curl_easy_getinfo(easy, info, &value) == CURLE_OK ? value : 0;
}

int pk_curl_get_active_socket(CURL *easy) {
    curl_socket_t socket = CURL_SOCKET_BAD;
    return curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket) == CURLE_OK ? (int)socket : -1;
}

CURLcode pk_curl_unpause(CURL *easy) { return curl_easy_pause(easy, CURLPAUSE_CONT); }

CURLMcode pk_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

CURLMcode pk_curl_multi_set_watchers(
    CURLM *multi, pk_curl_socket_function socket, pk_curl_timer_function timer, void *context) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
    if (code == CURLM_OK) code = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context);
    if (code == CURLM_OK) code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer);
    if (code == CURLM_OK) code = curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context);
    return code;
}

CURL *pk_curl_multi_next_done(CURLM *multi, CURLcode *result) {
    int left;
    CURLMsg *message;
    while ((message = curl_multi_info_read(multi, &left)) != NULL) {
        if (message->msg != CURLMSG_DONE) continue;
        *result = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}
