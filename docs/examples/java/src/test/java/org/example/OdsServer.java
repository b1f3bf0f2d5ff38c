package org.example;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;

/** A register for tests: starts ods-server, which ends with this program, and uses its controls over HTTP. */
class OdsServer {
    final String url;
    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();

    OdsServer() throws IOException {
        String command = System.getenv().getOrDefault("ODS_SERVER", "ods-server");
        Process process = new ProcessBuilder(command, "--sample", "--test-controls", "--with-parent")
                .redirectError(Redirect.DISCARD).start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
        String line = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
        if (line == null) {
            throw new IOException(command + " ended before it answered: run it by hand to see why");
        }
        url = json.readTree(line).get("url").asText();
    }

    /** Forgets faults and requests, and makes the first release live again. */
    void reset() throws Exception {
        send("POST", "/reset", "");
    }

    /** Lets requests fail, and returns the id of the fault. */
    int fail(String fault) throws Exception {
        return send("POST", "/faults", fault).get("id").asInt();
    }

    /** How many requests a fault has failed. */
    int hits(int id) throws Exception {
        for (JsonNode fault : send("GET", "/faults", "")) {
            if (fault.get("id").asInt() == id) {
                return fault.get("hits").asInt();
            }
        }
        throw new IllegalArgumentException("no such fault");
    }

    /** What was asked, oldest first. */
    JsonNode requests() throws Exception {
        return send("GET", "/requests", "");
    }

    /** Swaps the next release in: a list of organisations. */
    void load(String organisations) throws Exception {
        send("POST", "/organisations", organisations);
    }

    private JsonNode send(String method, String path, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/_test" + path))
                .method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body)).build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() >= 400) {
            throw new IllegalArgumentException(answer.body());
        }
        return json.readTree(answer.body());
    }
}
