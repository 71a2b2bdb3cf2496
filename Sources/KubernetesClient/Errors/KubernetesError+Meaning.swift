/// What a caller may conclude from an error, beyond its kind, and what to do about it.
extension KubernetesError {
    /// What to do about a failed request.
    package enum Advice: Hashable, Sendable {
        /// The same request will fail again.
        case permanent
        /// Nothing was carried out; the client itself sends the same request again.
        case retry
        /// Nothing was carried out, and what stands in the way may go: the caller decides how long to wait for that.
        case retryLater
        /// The request may have been carried out: look at the object before sending a mutation again. A read may
        /// simply be repeated.
        case verifyThenRetry
        /// List again; the resource version is of no use any more.
        case relist
        /// The server speaks none of the offered subprotocols; nothing else is wrong.
        case otherProtocol
    }

    /// What the server's sentence says more precisely than its reason; the raw value is a reason for people.
    package enum Meaning: String, CaseIterable, Sendable {
        /// An admission webhook refused the object; `message` is its own.
        case deniedByWebhook = "DeniedByWebhook"
        /// A webhook or its service does not answer; the message names it.
        case webhookFailed = "WebhookFailed"
        /// A ResourceQuota is full. Admission runs before the name is looked up, so an earlier attempt of the same
        /// create may have succeeded: get the pod by name before giving up.
        case quotaExceeded = "QuotaExceeded"
        /// A ResourceQuota wants requests or limits that the pod does not name.
        case quotaNeedsResources = "QuotaNeedsResources"
        /// Two requests raced for the usage counters of a quota; the name is free and the same create may be sent
        /// again.
        case quotaConflict = "QuotaConflict"
        /// A LimitRange rules the pod's requests or limits out.
        case limitRange = "LimitRange"
        /// Pod Security (or its predecessor) rules the pod out; the message lists every violation.
        case podSecurity = "PodSecurity"
        /// The pod's service account does not exist, as in the first moments of a new namespace.
        case serviceAccountMissing = "ServiceAccountMissing"
        /// The namespace is going away: nothing can be created in it again.
        case namespaceTerminating = "NamespaceTerminating"
        /// RBAC: the message names the missing verb and resource.
        case accessDenied = "AccessDenied"
        /// The object with this name is on its way out, its name free soon.
        case objectBeingDeleted = "Terminating"
        /// A UID precondition failed: the object of that UID is gone, another one has its name.
        case uidMismatch = "UIDMismatch"
        /// The pod has no node yet, so that logs and exec have nobody to ask.
        case notYetScheduled = "NotScheduled"
        /// The server's cache has not caught up with the resource version that was asked for.
        case resourceVersionTooLarge = "ResourceVersionTooLarge"
    }

    private struct Row: Sendable {
        /// Nil for any.
        var kind: Kind?
        /// Any of these in the message…
        var words: [String] = []
        /// …or this reason of a cause, or kind of subject.
        var labels: Set<String> = []
        var meaning: Meaning
        var advice: Advice
    }

    /// The table. The texts are those of the API server's admission plug-ins and registry, unchanged from 1.20 to 1.36;
    /// the first row that fits counts. Webhooks come first: they may choose any code, and their words are anybody's.
    private static let rows: [Row] = [
        Row(words: ["failed calling webhook"], meaning: .webhookFailed, advice: .verifyThenRetry),
        Row(words: ["denied the request"], meaning: .deniedByWebhook, advice: .permanent),
        Row(
            kind: .forbidden, words: ["because it is being terminated"], labels: ["NamespaceTerminating"],
            meaning: .namespaceTerminating, advice: .permanent),
        Row(kind: .forbidden, words: ["exceeded quota"], meaning: .quotaExceeded, advice: .verifyThenRetry),
        Row(kind: .forbidden, words: ["failed quota"], meaning: .quotaNeedsResources, advice: .permanent),
        Row(
            kind: .forbidden, words: [" usage per ", "limit to request ratio per "], meaning: .limitRange,
            advice: .permanent),
        Row(
            kind: .forbidden, words: ["violates PodSecurity", "against any pod security policy"],
            meaning: .podSecurity, advice: .permanent),
        Row(
            kind: .forbidden, words: ["error looking up service account"], meaning: .serviceAccountMissing,
            advice: .retryLater),
        Row(kind: .forbidden, words: ["\" cannot "], meaning: .accessDenied, advice: .permanent),
        Row(
            kind: .alreadyExists, words: ["object is being deleted"], meaning: .objectBeingDeleted,
            advice: .retryLater),
        Row(
            kind: .conflict, labels: ["resourcequotas", "clusterresourcequotas"], meaning: .quotaConflict,
            advice: .retry),
        // Either the stored object or the one in the server's cache was compared; the words differ.
        Row(
            kind: .conflict, words: ["UID in precondition", "UID in the precondition"], meaning: .uidMismatch,
            advice: .verifyThenRetry),
        Row(
            kind: .badRequest, words: ["does not have a host assigned"], meaning: .notYetScheduled,
            advice: .retryLater),
        Row(
            kind: .server, words: ["Too large resource version"], labels: ["ResourceVersionTooLarge"],
            meaning: .resourceVersionTooLarge, advice: .verifyThenRetry),
    ]

    private var row: Row? {
        Self.rows.first { row in
            (row.kind == nil ? httpStatus != nil : row.kind == kind)
                && (row.words.contains { message.contains($0) } || row.labels.contains(subjectKind)
                    || causes.contains { row.labels.contains($0.reason) })
        }
    }

    /// Nil where the kind says it all.
    package var meaning: Meaning? { row?.meaning }

    package var advice: Advice {
        if let row { return row.advice }
        return switch kind {
        case .conflict, .server, .malformedResponse: .verifyThenRetry
        case .gone: .relist
        // Refused before anything was done, whatever the method.
        case .tooManyRequests: .retry
        case .transport, .timeout, .portUnreachable: requestMayHaveReachedServer ? .verifyThenRetry : .retry
        case .subprotocolRefused: .otherProtocol
        case .badRequest, .forbidden, .unauthorized, .notFound, .methodNotAllowed, .alreadyExists, .requestTooLarge,
            .invalid, .unexpectedStatus, .cancelled, .configuration, .invalidArgument, .outcomeUnknown:
            .permanent
        }
    }

    /// True when the cluster gave no usable answer, so that nothing is known about the object.
    package var saysNothingAboutTheObject: Bool {
        switch kind {
        case .transport, .timeout, .portUnreachable, .server, .tooManyRequests, .malformedResponse, .unauthorized,
            .unexpectedStatus:
            true
        default: false
        }
    }
}
