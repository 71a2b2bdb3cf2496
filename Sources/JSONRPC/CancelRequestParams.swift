/// The notification `$/cancelRequest`: end the running call with this id. An id that is not running is ignored, for
/// the response may have crossed the cancellation on its way.
package struct CancelRequestParams: RPCParams, Hashable {
    package static let method = "$/cancelRequest"
    package static let memberNames = ["id"]

    package var id: JSONRPCID

    package init(id: JSONRPCID) {
        self.id = id
    }
}
