package org.example;

import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.client.api.IGenericClient;
import ca.uhn.fhir.rest.client.api.ServerValidationModeEnum;
import ca.uhn.fhir.rest.client.exceptions.FhirClientConnectionException;
import ca.uhn.fhir.rest.server.exceptions.BaseServerResponseException;
import ca.uhn.fhir.rest.server.exceptions.ResourceNotFoundException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.hl7.fhir.dstu3.model.Bundle;
import org.hl7.fhir.dstu3.model.Organization;
import org.hl7.fhir.r4.model.OrganizationAffiliation;

/** A small client of the register: FHIR STU3 and R4 by HAPI, and type-ahead by /lookup. */
public class Register {
    static final int TRIES = 3;
    private static final FhirContext STU3 = FhirContext.forDstu3();
    private static final FhirContext R4 = FhirContext.forR4();

    /** The register did not answer in three tries. */
    public static class Unavailable extends RuntimeException {
        Unavailable(Throwable cause) {
            super(cause);
        }
    }

    private final String address;
    private final Duration pause;
    private final IGenericClient fhir;
    private final IGenericClient r4;
    private final HttpClient http = HttpClient.newHttpClient();
    private final ObjectMapper json = new ObjectMapper();

    public Register(String address, Duration pause) {
        this.address = address;
        this.pause = pause;
        STU3.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.NEVER);
        fhir = STU3.newRestfulGenericClient(address + "/STU3");
        R4.getRestfulClientFactory().setServerValidationMode(ServerValidationModeEnum.NEVER);
        r4 = R4.newRestfulGenericClient(address + "/R4");
    }

    /** The name of an organisation; empty for an unknown code. */
    public Optional<String> name(String code) {
        try {
            return Optional.of(again(() -> fhir.read().resource(Organization.class).withId(code).execute()).getName());
        } catch (ResourceNotFoundException unknown) {
            return Optional.empty();
        }
    }

    /** The codes of all organisations with a name, from all pages. */
    public List<String> codes(String name) {
        List<String> codes = new ArrayList<>();
        Bundle page = again(() -> fhir.search().forResource(Organization.class)
                .where(Organization.NAME.matches().value(name)).count(5).returnBundle(Bundle.class).execute());
        while (true) {
            page.getEntry().forEach(entry -> codes.add(entry.getResource().getIdElement().getIdPart()));
            if (page.getLink(Bundle.LINK_NEXT) == null) {
                return codes;
            }
            Bundle last = page;
            page = again(() -> fhir.loadPage().next(last).execute());
        }
    }

    /** The names of the organisations that a trust operates, by code. */
    public Map<String, String> operated(String trust) {
        org.hl7.fhir.r4.model.Bundle page = again(() -> r4.search().forResource(OrganizationAffiliation.class)
                .where(OrganizationAffiliation.PARTICIPATING_ORGANIZATION.hasId(trust))
                .and(OrganizationAffiliation.ROLE.exactly().code("RE6"))
                .and(OrganizationAffiliation.ACTIVE.exactly().code("true"))
                .include(OrganizationAffiliation.INCLUDE_PRIMARY_ORGANIZATION)
                .count(1000).returnBundle(org.hl7.fhir.r4.model.Bundle.class).execute());
        Map<String, String> names = new HashMap<>();
        page.getEntry().forEach(entry -> {
            if (entry.getResource() instanceof org.hl7.fhir.r4.model.Organization found) {
                names.put(found.getIdElement().getIdPart(), found.getName());
            }
        });
        return names;
    }

    /** The codes that a person may mean who types a text. */
    public List<String> suggestions(String text) {
        String query = URLEncoder.encode(text, StandardCharsets.UTF_8);
        HttpRequest request = HttpRequest.newBuilder(URI.create(address + "/lookup?q=" + query)).build();
        JsonNode found = again(() -> {
            try {
                HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
                if (answer.statusCode() != 200) {
                    throw BaseServerResponseException.newInstance(answer.statusCode(), answer.body());
                }
                return json.readTree(answer.body());
            } catch (IOException broken) {
                throw new FhirClientConnectionException(broken);
            } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
            }
        });
        List<String> codes = new ArrayList<>();
        found.get("results").forEach(result -> codes.add(result.get("code").asText()));
        return codes;
    }

    /** Ask, and ask again where the register is busy or the connection breaks. */
    private <T> T again(Supplier<T> ask) {
        RuntimeException failure = null;
        for (int attempt = 0; attempt < TRIES; attempt++) {
            try {
                return ask.get();
            } catch (ResourceNotFoundException unknown) {
                throw unknown;
            } catch (BaseServerResponseException busy) { // broken connections are of this class, too
                failure = busy;
            }
            try {
                Thread.sleep(pause.toMillis() << attempt);
            } catch (InterruptedException interrupted) {
                throw new IllegalStateException(interrupted);
            }
        }
        throw new Unavailable(failure);
    }
}
