enum RedisClientStub {}
