/// Stands for everything that a session shows beside its `SessionActivity`: as long as it is the same object, that is the
/// same. So what was made of it once can be kept with the revision, and needs no look at the session to be good.
package final class SessionRevision: Sendable {}
