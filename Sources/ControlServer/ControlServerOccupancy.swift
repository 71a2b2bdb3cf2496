/// How much a control server has to do at one moment; each member has its bound in `ControlServerLimits`.
package struct ControlServerOccupancy: Hashable, Sendable {
    package var connections = 0
    /// Calls that are not answered yet.
    package var calls = 0
    /// What goes on between calls, such as open uploads.
    package var tasks = 0
    /// Bytes that the params of those calls hold.
    package var heldBytes = 0

    package init() {}
}
