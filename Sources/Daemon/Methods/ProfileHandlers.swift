import ControlAPI
import ControlServer
import JSONRPC
import KubernetesSandbox
import SandboxCore
import SessionManager

/// `profile.list` and `pool.status`.
struct ProfileHandlers: Sendable {
    let sessions: SessionManager
    let profiles: [String: ProfileSettings]

    func register(in router: inout RPCRouter<ControlCall>) {
        router.on(ProfileList.self, list)
        router.on(ControlAPI.PoolStatus.self, status)
    }

    private func list(_: NoParams, _ call: ControlCall) async throws(SandboxError) -> ProfileList.Result {
        let pools = Dictionary(uniqueKeysWithValues: sessions.pools().map { ($0.profile, $0) })
        let isLocal = sessions.backend == "local"
        return ProfileList.Result(
            profiles: profiles.values.sorted { $0.name < $1.name }.map { profile in
                .init(
                    name: profile.name, image: isLocal ? nil : profile.image,
                    mode: isLocal ? nil : (profile.mode ?? .http).rawValue, ready: pools[profile.name]?.ready ?? 0,
                    pool: pools[profile.name]?.target ?? 0)
            })
    }

    private func status(_: NoParams, _ call: ControlCall) async throws(SandboxError) -> ControlAPI.PoolStatus.Result {
        return ControlAPI.PoolStatus.Result(
            pools: sessions.pools().map { pool in
                .init(
                    profile: pool.profile, target: pool.target, ready: pool.ready, starting: pool.starting,
                    claimed: pool.claimed)
            })
    }
}
