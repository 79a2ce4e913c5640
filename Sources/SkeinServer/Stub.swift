import Hummingbird
enum SkeinServerStub {}
