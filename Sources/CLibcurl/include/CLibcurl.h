// libcurl for Swift: its constants and plain functions as they are, and typed wrappers for the variadic ones.
#ifndef PODKEEPER_CLIBCURL_H
#define PODKEEPER_CLIBCURL_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

// MARK: easy handles

CURLcode pk_curl_set_long(CURL *easy, CURLoption option, long value);
/// libcurl copies the string; NULL resets the option (for CURLOPT_CAPATH: no directory).
CURLcode pk_curl_set_string(CURL *easy, CURLoption option, const char *value);
/// For options that take a pointer which stays the caller's: CURLOPT_POSTFIELDS, CURLOPT_PRIVATE, CURLOPT_ERRORBUFFER …
CURLcode pk_curl_set_pointer(CURL *easy, CURLoption option, const void *value);
CURLcode pk_curl_set_list(CURL *easy, CURLoption option, struct curl_slist *value);
CURLcode pk_curl_set_offset(CURL *easy, CURLoption option, curl_off_t value);
/// libcurl copies the bytes.
CURLcode pk_curl_set_blob(CURL *easy, CURLoption option, const void *bytes, size_t length);

typedef size_t (*pk_curl_data_function)(char *bytes, size_t size, size_t count, void *context);

/// CURLOPT_HEADERFUNCTION and CURLOPT_WRITEFUNCTION with one context for both.
CURLcode pk_curl_set_receivers(CURL *easy, pk_curl_data_function header, pk_curl_data_function body, void *context);

/// Sockets are made close-on-exec, and with TCP_USER_TIMEOUT where `tcp_user_timeout` (milliseconds) is not 0.
CURLcode pk_curl_set_socket_rules(CURL *easy, unsigned int tcp_user_timeout);

/// In place of the socket rules: `dial` makes the sockets, and may change the addresses that libcurl connects them to.
CURLcode pk_curl_set_dialer(CURL *easy, curl_opensocket_callback dial, void *context);
/// For `dial`: has libcurl connect to another Unix socket. False when the path is longer than the one that is there.
bool pk_curl_redirect(struct curl_sockaddr *address, const char *path);

/// 0 when the information is missing.
long pk_curl_get_long(CURL *easy, CURLINFO info);
/// -1 when there is none.
int pk_curl_get_active_socket(CURL *easy);

/// Lets a paused transfer go on; runs its callbacks at once.
CURLcode pk_curl_unpause(CURL *easy);

// MARK: multi handles

CURLMcode pk_curl_multi_set_long(CURLM *multi, CURLMoption option, long value);

typedef int (*pk_curl_socket_function)(CURL *easy, curl_socket_t socket, int what, void *context, void *known);
typedef int (*pk_curl_timer_function)(CURLM *multi, long milliseconds, void *context);

CURLMcode pk_curl_multi_set_watchers(
    CURLM *multi, pk_curl_socket_function socket, pk_curl_timer_function timer, void *context);

/// Takes the next finished transfer; NULL when there is none.
CURL *pk_curl_multi_next_done(CURLM *multi, CURLcode *result);

#endif
