// A misspelt upcoming feature is silent. This file turns it into a build failure, for every target shares one list in
// Package.swift.

#if !hasFeature(ExistentialAny)
#error("ExistentialAny is not enabled")
#endif
#if !hasFeature(InternalImportsByDefault)
#error("InternalImportsByDefault is not enabled")
#endif
#if !hasFeature(MemberImportVisibility)
#error("MemberImportVisibility is not enabled")
#endif
#if !hasFeature(NonisolatedNonsendingByDefault)
#error("NonisolatedNonsendingByDefault is not enabled")
#endif
