extension KubernetesConfiguration {
    /// Where `load` looks, and in what order: the file named, else `KUBECONFIG`, else the service account of the pod
    /// this process runs in, else `~/.kube/config`. `origin` of the result says which it was.
    ///
    /// `kubeconfigPath`: exactly this file; nothing else is looked at.
    ///
    /// `context`: overrides `current-context`.
    ///
    /// `namespace`: overrides the context's.
    ///
    /// `environment`: of the process.
    ///
    /// Throws `configuration` with client-go's texts.
    package static func load(
        kubeconfigPath: String? = nil, context: String? = nil, namespace: String? = nil,
        environment: [String: String]
    ) throws(KubernetesError) -> Self {
        try load(
            kubeconfigPath: kubeconfigPath, context: context, namespace: namespace, environment: environment,
            serviceAccountDirectory: serviceAccountDirectory, readFile: Files.read, exists: Files.exists)
    }

    /// The service account that Kubernetes mounts into every pod; must be there.
    ///
    /// - Throws: `configuration` outside a pod.
    package static func inCluster(
        namespace: String? = nil, environment: [String: String]
    ) throws(KubernetesError) -> Self {
        try inCluster(
            namespace: namespace, environment: environment, directory: serviceAccountDirectory, readFile: Files.read)
    }

    package static let serviceAccountDirectory = "/var/run/secrets/kubernetes.io/serviceaccount"

    static func load(
        kubeconfigPath: String?, context: String?, namespace: String?, environment: [String: String],
        serviceAccountDirectory: String, readFile: @escaping FileReader, exists: @escaping @Sendable (String) -> Bool
    ) throws(KubernetesError) -> Self {
        let variable = environment["KUBECONFIG"]?.nonEmpty
        if kubeconfigPath == nil, variable == nil, context == nil,
            isInCluster(environment: environment, directory: serviceAccountDirectory)
        {
            return try inCluster(
                namespace: namespace, environment: environment, directory: serviceAccountDirectory, readFile: readFile)
        }
        let isExplicit = kubeconfigPath != nil
        let home = environment["HOME"]?.nonEmpty.map { ["\($0)/.kube/config"] }
        let paths = kubeconfigPath.map { [$0] } ?? variable.map(splitPathList) ?? home ?? []
        let found = try fromKubeconfig(
            paths: paths, context: context, namespace: namespace, environment: environment, readFile: readFile,
            exists: { isExplicit || exists($0) })
        if let found { return found }
        let missing = paths.filter { !exists($0) }
        let remark = missing.isEmpty ? "" : " (Config not found: \(missing.joined(separator: ", ")))"
        guard !isExplicit, context == nil, isInCluster(environment: environment, directory: serviceAccountDirectory)
        else { throw .configuration(Kubeconfig.none.message + remark) }
        var result = try inCluster(
            namespace: namespace, environment: environment, directory: serviceAccountDirectory, readFile: readFile)
        result.origin += remark
        return result
    }

    /// Nil where nothing is in the files, or none of them is there.
    private static func fromKubeconfig(
        paths: [String], context: String?, namespace: String?, environment: [String: String],
        readFile: @escaping FileReader, exists: @escaping @Sendable (String) -> Bool
    ) throws(KubernetesError) -> Self? {
        let merged = try merge(paths: paths.filter(exists), readFile: readFile)
        guard !merged.isEmpty else { return nil }
        let selection = try merged.select(context: context)
        let name = selection.contextName
        var result = try Self(
            selection, namespace: namespace,
            origin: "kubeconfig \(paths.joined(separator: ":")), context \"\(name)\"", environment: environment,
            readFile: readFile)
        // By name: whoever makes another context the current one does not mean a daemon that is at work in this one.
        result.source = Source(paths: paths) { () throws(KubernetesError) in
            let again = try fromKubeconfig(
                paths: paths, context: name.nonEmpty, namespace: namespace, environment: environment,
                readFile: readFile, exists: exists)
            guard let again else { throw Kubeconfig.none }
            return again
        }
        return result
    }

    /// Reads all files, so that every error is shown, then merges them in order.
    private static func merge(paths: [String], readFile: FileReader) throws(KubernetesError) -> Kubeconfig {
        var merged = Kubeconfig()
        var problems: [String] = []
        for path in paths {
            do {
                merged.merge(try Kubeconfig(yaml: try readFile(path), directory: directory(of: path)))
            } catch {
                problems.append("error loading config file \"\(path)\": \(error.message)")
            }
        }
        guard problems.isEmpty else { throw .configuration(problems.joined(separator: "\n")) }
        return merged
    }

    /// `KUBECONFIG`: separated by colons, empty segments and repeated paths left out.
    private static func splitPathList(_ list: String) -> [String] {
        var seen = Set<String>()
        return list.split(separator: ":").map(String.init).filter { seen.insert($0).inserted }
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
