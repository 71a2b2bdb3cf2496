/// A pod as it goes to the cluster.
package struct BuiltPod: Hashable, Sendable {
    package var manifest: ManifestValue
    package var layout: PodLayout

    package init(manifest: ManifestValue, layout: PodLayout) {
        self.manifest = manifest
        self.layout = layout
    }
}
