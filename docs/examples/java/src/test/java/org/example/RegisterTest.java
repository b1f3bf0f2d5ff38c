package org.example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RegisterTest {
    private static OdsServer server;
    private static Register register;

    @BeforeAll
    static void start() throws Exception {
        server = new OdsServer();
        register = new Register(server.url, Duration.ofMillis(10));
    }

    @BeforeEach
    void reset() throws Exception {
        server.reset();
    }

    @Test
    void aNameIsFoundByCode() {
        assertEquals(Optional.of("LEEDS TEACHING HOSPITALS NHS TRUST"), register.name("RR8"));
        assertEquals(Optional.empty(), register.name("NONE1"));
    }

    @Test
    void allPagesAreRead() throws Exception {
        List<String> codes = register.codes("leeds");
        assertTrue(codes.size() > 5);
        assertEquals(codes.size(), new HashSet<>(codes).size());
        assertEquals((codes.size() + 4) / 5, server.requests().size());
    }

    @Test
    void whatATrustOperatesIsReadInR4WithTheNames() throws Exception {
        assertEquals("ST JAMES'S UNIVERSITY HOSPITAL", register.operated("RR8").get("RR813"));
        assertEquals(1, server.requests().size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"status\": 429, \"retry_after\": 1", "\"status\": 503", "\"cut\": 40"})
    void aFaultIsSurvived(String fault) throws Exception {
        int id = server.fail("{\"path\": \"/STU3/*\", \"times\": 2, " + fault + "}");
        assertTrue(register.name("RR8").isPresent());
        assertEquals(2, server.hits(id));
    }

    @Test
    void threeFaultsAreTooMany() throws Exception {
        server.fail("{\"status\": 503}");
        assertThrows(Register.Unavailable.class, () -> register.name("RR8"));
        assertEquals(3, server.requests().size());
    }

    @Test
    void whatWasTypedIsUnderstood() throws Exception {
        assertTrue(register.suggestions("leeds teaching hosp").contains("RR8"));
        server.fail("{\"path\": \"/lookup\", \"empty\": true}");
        assertEquals(List.of(), register.suggestions("leeds teaching hosp"));
    }

    @Test
    void aNewReleaseIsSeen() throws Exception {
        server.load("[{\"code\": \"RR8\", \"name\": \"LEEDS HOSPITALS\"}]");
        assertEquals(Optional.of("LEEDS HOSPITALS"), register.name("RR8"));
    }
}
